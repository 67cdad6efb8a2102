"""Bringing the store to its newest shape: once, by whoever comes first, and never backwards."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from fireline.errors import StoreUnavailable
from fireline.store.migrate import migrate, scripts
from tests.servers import Patient, database

NAMES = [script.revision for script in scripts().walk_revisions()][::-1]


@pytest.fixture
def empty(server: Patient) -> Iterator[str]:
    """The URL of an empty database."""
    with database(server) as url:
        yield url


def test_all_migrations_are_applied_and_a_second_time_none(empty: str) -> None:
    assert migrate(empty) == NAMES
    assert migrate(empty) == []
    with psycopg.connect(empty) as conn:
        row = conn.execute("SELECT to_regclass('fireline.incident'), to_regclass('jobs.procrastinate_jobs')").fetchone()
    assert row is not None
    assert None not in row


def test_of_four_that_start_at_once_one_migrates(empty: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(migrate, [empty] * 4))
    assert sorted(told) == [[], [], [], NAMES]


def test_a_store_that_a_newer_fireline_has_moved_on_is_left_alone(empty: str) -> None:
    migrate(empty)
    with psycopg.connect(empty) as conn:
        conn.execute("UPDATE fireline.alembic_version SET version_num = '9999'")
    assert migrate(empty) == []


def test_a_migration_that_fails_leaves_nothing_of_itself(empty: str) -> None:
    with psycopg.connect(empty) as conn:
        conn.execute("CREATE SCHEMA fireline CREATE TABLE ack_link (in_the_way int)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(empty)
    with psycopg.connect(empty) as conn:
        assert conn.execute("SELECT to_regclass('fireline.person')").fetchone() == (None,)
        conn.execute("DROP TABLE fireline.ack_link")
    assert migrate(empty) == NAMES


def test_a_store_that_does_not_answer_is_said_to_be_down(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="the store does not answer"):
        migrate(f"postgresql://x@/x?host={tmp_path}")


@pytest.mark.parametrize("table", ["timeline", "ledger"])
def test_the_story_and_the_ledger_can_only_grow(store_url: str, table: str) -> None:
    with psycopg.connect(store_url) as conn:
        conn.execute("SET search_path = fireline")
        conn.execute(
            "INSERT INTO incident (title, severity, severity_rank, status, declared_by, detected_at, opened_at)"
            " VALUES ('t', 'P0', 0, 'detected', 'ada', now(), now())"
        )
        conn.execute("INSERT INTO procedure_text VALUES ('h', 'r', '{}', now())")
        conn.execute(
            "INSERT INTO run (incident_id, procedure, title, state, reason, requested_by, created_at)"
            " VALUES (1, 'h', 't', 'running', 'r', 'ada', now())"
        )
        conn.execute(f"INSERT INTO {table} VALUES (1, 1, now(), 'note', 'ada', '{{}}', '', '')")
        for change in (f"UPDATE {table} SET actor = 'eve'", f"DELETE FROM {table}"):
            with pytest.raises(psycopg.errors.RaiseException, match="is append-only"), conn.transaction():
                conn.execute(change.encode())
