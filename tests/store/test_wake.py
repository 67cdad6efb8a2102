"""Waking: part of the caller's transaction, and asking twice is asking once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from fireline.store.connect import Connection, Store, all_rows
from fireline.store.wake import wake

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def jobs(conn: Connection) -> list[dict[str, Any]]:
    return all_rows(
        conn,
        "SELECT task_name, args ->> 'key' AS key, scheduled_at AS at, status::text FROM procrastinate_jobs ORDER BY id",
    )


def test_a_wake_up_becomes_a_job_with_its_commit(store: Store) -> None:
    with store.transaction() as conn:
        wake(conn, "tell", 7)
        with store.transaction() as other:
            assert jobs(other) == []
    with store.transaction() as conn:
        assert jobs(conn) == [{"task_name": "fireline.tell", "key": "7", "at": None, "status": "todo"}]


def test_a_wake_up_inside_a_transaction_that_fails_leaves_no_job(store: Store) -> None:
    def wake_and_fail() -> None:
        with store.transaction() as conn:
            wake(conn, "tell", 7)
            assert len(jobs(conn)) == 1
            conn.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        wake_and_fail()
    with store.transaction() as conn:
        assert jobs(conn) == []


def test_waking_twice_is_waking_once_and_the_callers_work_goes_on(conn: Connection) -> None:
    conn.execute("INSERT INTO halt (by, reason, at) VALUES ('ada', 'before', '2026-01-01Z')")
    for _ in range(3):
        wake(conn, "advance", "3")
    assert len(jobs(conn)) == 1
    assert len(all_rows(conn, "SELECT * FROM halt")) == 1


def test_other_rows_other_topics_and_other_moments_are_other_jobs(conn: Connection) -> None:
    wake(conn, "tell", 1)
    wake(conn, "tell", 2)
    wake(conn, "probe", 1)
    wake(conn, "tell", 1, at=LATER)
    wake(conn, "tell", 1, at=LATER)
    assert [(job["task_name"], job["key"], job["at"]) for job in jobs(conn)] == [
        ("fireline.tell", "1", None),
        ("fireline.tell", "2", None),
        ("fireline.probe", "1", None),
        ("fireline.tell", "1", LATER),
    ]


def test_work_that_is_being_done_may_be_asked_for_again(conn: Connection) -> None:
    wake(conn, "tell", 1)
    conn.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    wake(conn, "tell", 1)
    assert [job["status"] for job in jobs(conn)] == ["doing", "todo"]


def test_two_who_ask_at_the_same_moment_both_go_on(store: Store) -> None:
    def ask() -> None:
        with store.transaction() as conn:
            wake(conn, "tell", 1)
            conn.execute("INSERT INTO halt (by, reason, at) VALUES ('ada', 'after', '2026-01-01Z')")

    with store.transaction() as conn:
        wake(conn, "tell", 1)
        second = threading.Thread(target=ask)
        second.start()
        second.join(0.2)
        assert second.is_alive()  # it waits for our commit: only then it is known whether the job is there
    second.join()
    with store.transaction() as conn:
        assert len(jobs(conn)) == 1
        assert len(all_rows(conn, "SELECT * FROM halt")) == 1
