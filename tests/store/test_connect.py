"""The store as one process sees it: whole transactions, an answer when it is down, statements by name."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg_pool.base import AttemptWithBackoff

from fireline.errors import StoreUnavailable
from fireline.store import connect
from fireline.store.connect import Connection, Store, all_rows, one, queries
from tests.servers import Patient

HALT = "INSERT INTO halt (by, reason, at) VALUES ('ada', %(reason)s, '2026-01-01Z')"


def reasons(store: Store) -> list[str]:
    with store.transaction() as conn:
        return [row["reason"] for row in all_rows(conn, "SELECT reason FROM halt ORDER BY id")]


def test_a_block_that_ends_is_committed_and_one_that_raises_is_not(store: Store) -> None:
    with store.transaction() as conn:
        conn.execute(HALT, {"reason": "kept"})
    with pytest.raises(psycopg.errors.DivisionByZero), store.transaction() as conn:
        one(conn, HALT + " RETURNING 1 / 0", reason="lost")
    assert reasons(store) == ["kept"]


def test_after_a_failed_statement_the_connection_is_good_for_the_next_transaction(store_url: str) -> None:
    for size in (1, 2):
        store = Store(store_url, pool_size=size)
        with pytest.raises(psycopg.errors.UndefinedTable), store.transaction() as conn:
            conn.execute("SELECT * FROM nothing")
        assert reasons(store) == []
        store.close()


def test_times_are_utc_and_tables_are_found_without_their_schema(conn: Connection) -> None:
    row = one(conn, "SELECT current_setting('timezone') AS zone, current_setting('search_path') AS path")
    assert row == {"zone": "UTC", "path": "fireline,jobs"}
    assert one(conn, "SELECT * FROM halt WHERE id = %(id)s", id=0) is None


def test_a_command_learns_at_once_that_the_store_is_down(tmp_path: Path) -> None:
    store = Store(f"postgresql://x@/x?host={tmp_path}", pool_size=1)
    before = time.monotonic()
    with pytest.raises(StoreUnavailable) as down, store.transaction():
        pytest.fail("there is no store")
    assert time.monotonic() - before < 5
    assert "fireline up" in str(down.value.hint)
    store.close()


def test_a_short_command_may_open_a_transaction_inside_another(store_url: str) -> None:
    store = Store(store_url, pool_size=1)
    with store.transaction() as outer, store.transaction() as inner:
        assert outer is not inner
        inner.execute(HALT, {"reason": "inner"})
    assert reasons(store) == ["inner"]
    store.close()


def test_a_server_outlives_the_loss_of_its_connections(store: Store) -> None:
    with store.transaction() as conn:
        row = one(conn, "SELECT pg_backend_pid() AS pid")
    assert row is not None
    with psycopg.connect(store.url) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [row["pid"]])
    assert reasons(store) == []


def test_a_store_that_was_away_for_long_is_found_as_soon_as_it_is_back(
    store_url: str, server: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, name in (
        (AttemptWithBackoff, "INITIAL_DELAY"),
        (connect, "_PATIENCE_SECONDS"),
        (connect, "_RECONNECT_SECONDS"),
    ):
        monkeypatch.setattr(where, name, getattr(where, name) / 10)  # all of it in a tenth of its time
    database = sql.Identifier(store_url.partition("?")[0].rpartition("/")[2])
    store = Store(store_url)
    assert reasons(store) == []
    server.admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))
    server.admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database.as_string().strip('"')]
    )
    for _ in range(4):
        with pytest.raises(StoreUnavailable), store.transaction():
            pytest.fail("nobody gets in")
    server.admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))
    assert reasons(store) == []
    store.close()


def test_threads_that_come_at_once_share_one_pool(store_url: str) -> None:
    store = Store(store_url)
    found: set[int] = set()
    gate = threading.Barrier(8)

    def look() -> None:
        gate.wait()
        found.add(id(store.pool))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    store.close()
    store.close()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The queries of a room of its own."""
    (tmp_path / "room_of_queries").mkdir()
    (tmp_path / "room_of_queries" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "room_of_queries", raising=False)
    queries.cache_clear()
    return tmp_path / "room_of_queries" / "queries.sql"


def test_statements_are_found_by_name_with_their_own_comments(room: Path) -> None:
    room.write_text("-- first: why\nSELECT 1;\n\n-- second: of two lines\nSELECT\n  -- inner remark\n  2;\n")
    assert queries("room_of_queries") == {"first": "SELECT 1;", "second": "SELECT\n  -- inner remark\n  2;"}


def test_a_name_that_stands_twice_is_a_fault(room: Path) -> None:
    room.write_text("-- first: why\nSELECT 1;\n-- first: again\nSELECT 2;\n")
    with pytest.raises(ValueError, match="a name stands twice"):
        queries("room_of_queries")
