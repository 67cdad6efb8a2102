"""The rows of restores: names that fit, found by number, name or `latest`, and whose process still lives."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fireline.errors import NotFound
from fireline.incident.people import FIRELINE
from fireline.recovery import restores
from fireline.store.connect import Connection, Store

AT = datetime(2026, 11, 23, 15, 12, tzinfo=UTC)


def begun(conn: Connection, beside: str, *, target: str = "main") -> int:
    return restores.begin(
        conn, target=target, source="main-1", backup=None, database="app", beside=beside, token=f"token of {beside}", snapshot_at=AT,
        by="ada",
    )  # fmt: skip


@pytest.mark.parametrize("database", ["app", "x" * 63, "ü" * 31, "a" + "日" * 20, "🔥" * 15])
def test_a_name_is_as_long_as_postgresql_lets_it_be_and_breaks_no_letter(database: str) -> None:
    name = restores.name_for(database, AT)
    begin, _, end = name.rpartition("_restored_")
    assert len(name.encode()) <= restores.LONGEST_NAME
    assert database.startswith(begin)
    assert begin
    assert end == "20261123_151200"


def test_it_is_found_by_number_by_name_and_as_the_newest_that_came_to_something(conn: Connection) -> None:
    first, second, other = begun(conn, "one"), begun(conn, "2"), begun(conn, "three", target="other")
    assert restores.get(conn, str(first))["beside"] == "one"
    assert restores.get(conn, "one")["id"] == first
    assert restores.get(conn, "latest", target="main")["id"] == second
    assert restores.get(conn, "latest")["id"] == other
    restores.end(conn, second, "failed", error="the disk was full")
    assert restores.get(conn, "latest", target="main")["id"] == first
    for wanted, target, says in (
        ("three", "main", "no restore"),
        ("9" * 30, None, "no restore"),
        ("", None, "no restore"),
        ("latest", "nowhere", "nothing is restored"),
    ):
        with pytest.raises(NotFound, match=says):
            restores.get(conn, wanted, target=target)


def test_one_that_was_dropped_is_listed_only_when_asked_for(conn: Connection) -> None:
    begun(conn, "one")
    number = begun(conn, "two")
    restores.end(conn, number, "passed", report={"verdict": "passed"})
    restores.dropped(conn, number)
    assert [row["beside"] for row in restores.list_restores(conn, FIRELINE)] == ["one"]
    found = restores.list_restores(conn, FIRELINE, gone=True)
    assert [(row["beside"], row["state"]) for row in found] == [("two", "dropped"), ("one", "restoring")]
    assert found[0]["report"] == {"verdict": "passed"}
    assert restores.by_token(conn, "token of two", lock=True)
    assert restores.by_token(conn, "no token") is None


def test_one_that_is_being_loaded_is_not_left_behind_until_its_process_lets_go(store: Store) -> None:
    with store.transaction() as conn:
        number, failed = begun(conn, "one"), begun(conn, "two")
        restores.end(conn, failed, "failed", error="cut")
    with restores.loading(store, number), store.transaction() as conn:
        assert [row["id"] for row in restores.left_behind(conn, "main")] == [failed]
    with store.transaction() as conn:
        assert [row["id"] for row in restores.left_behind(conn, "main")] == [number, failed]
        assert restores.left_behind(conn, "other") == []
