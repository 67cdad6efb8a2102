"""SQL on a target: reads are rolled back and capped, changes can be told afterwards, anything can be stopped."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fireline.errors import Refused, TargetUnavailable
from fireline.postgres.connect import Connection, Target, identity, identity_of_dsn
from fireline.postgres.statement import Cancel, Statement, StatementFailed, read, write, xact_status
from fireline.redact import Secret
from tests.servers import PATIENTS


def _owner(target: Target) -> psycopg.Connection[Any]:
    return psycopg.connect(target.dsn.reveal(), autocommit=True)


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    found: Target = request.getfixturevalue(request.param)
    with _owner(found) as conn:
        conn.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        conn.execute("INSERT INTO t VALUES (1, 'one'), (2, NULL)")
    return found


def _told() -> tuple[list[str | None], Callable[[str | None], None]]:
    told: list[str | None] = []
    return told, told.append


def _many(*texts: str) -> list[Statement]:
    return [Statement(text) for text in texts]


def test_a_read_gives_columns_and_plain_values_also_when_there_are_no_rows(target: Target) -> None:
    found = read(target, "SELECT * FROM t WHERE id >= $1 ORDER BY id", [1])
    assert (found.columns, found.rows) == (["id", "v"], [[1, "one"], [2, None]])
    assert (found.total, found.truncated, found.status) == (2, False, ["SELECT 2"])
    empty = read(target, "SELECT id AS a, id AS a FROM t WHERE v = $1", ["none such"])
    assert (empty.columns, empty.rows, empty.total) == (["a", "a"], [], 0)


def test_every_value_can_be_said_in_json(target: Target) -> None:
    found = read(
        target,
        "SELECT true, 1::bigint, 1.5::float8, 'NaN'::float8, 12::numeric, 0.1::numeric, 12345678901234567890.123::numeric,"
        " 'infinity'::timestamptz, '0044-03-15 BC'::date, interval '1 day', ARRAY[1,2], '{\"a\":1}'::jsonb, '\\x00'::bytea, NULL",
    )
    assert json.loads(json.dumps(found.json()))["rows"] == [
        [True, 1, 1.5, "NaN", 12, 0.1, "12345678901234567890.123", "infinity", "0044-03-15 BC", "1 day", "{1,2}", '{"a": 1}', "\\x00", None]
    ]  # fmt: skip


def test_a_large_result_is_counted_and_cut(target: Target) -> None:
    found = read(target, "SELECT n FROM generate_series(1, 1234) AS n")
    assert (len(found.rows), found.total, found.truncated) == (500, 1234, True)
    endless = read(target, "SELECT generate_series(1, 100000000)")
    assert (len(endless.rows), endless.truncated) == (500, True)
    assert 100_000 <= endless.total < 200_000
    wide = read(target, "SELECT repeat('x', 900000) FROM generate_series(1, 5)")
    assert sum(len(row[0]) for row in wide.rows) <= 1_000_010
    assert wide.total == 5


def test_a_read_that_is_not_proved_is_refused(target: Target) -> None:
    with pytest.raises(Refused, match="not proved to only read: it is DELETE"):
        read(target, "DELETE FROM t")
    with pytest.raises(Refused, match="it is 2 statements"):
        read(target, "SELECT 1; SELECT 2")


def test_a_read_fails_in_the_servers_words(target: Target) -> None:
    with pytest.raises(StatementFailed, match='column "x" does not exist') as failed:
        read(target, "SELECT x FROM t")
    assert failed.value.state == "failed"
    with pytest.raises(StatementFailed, match="division by zero") as failed:
        read(target, "SELECT id / 0 FROM t")
    assert failed.value.sqlstate == "22012"


def test_a_read_behind_a_lock_gives_up_and_says_what_to_do(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal()) as holder:
        holder.execute("LOCK TABLE t")
        with pytest.raises(StatementFailed, match="lock timeout") as failed:
            read(target, "SELECT * FROM t", lock_timeout=timedelta(milliseconds=50))
    assert failed.value.hint == "Another session holds the lock; `fireline diagnose` names it."


def test_a_read_has_a_time_limit(target: Target) -> None:
    with pytest.raises(StatementFailed) as failed:
        read(target, "SELECT count(*) FROM generate_series(1, 1000000000)", timeout=timedelta(milliseconds=200))
    assert failed.value.state == "timed_out"


def test_a_read_goes_as_the_reading_role(target: Target) -> None:
    with _owner(target) as owner:
        owner.execute("CREATE ROLE only_reads LOGIN PASSWORD 'only-reads'")
        try:
            dsn = Secret(f"{owner.info.dsn} user=only_reads password=only-reads")
            assert read(replace(target, read_dsn=dsn), "SELECT current_user").rows == [["only_reads"]]
        finally:
            owner.execute("DROP ROLE only_reads")


def test_a_change_tells_its_transaction_before_it_begins(target: Target) -> None:
    told, on_xid = _told()
    rows = write(target, _many("UPDATE t SET v = 'x' WHERE id = 1", "SELECT v FROM t WHERE id = 1"), on_xid=on_xid)
    assert (rows.rows, rows.status) == ([["x"]], ["UPDATE 1", "SELECT 1"])
    assert len(told) == 1
    assert told[0]
    assert xact_status(target, told[0], identity_of_dsn(target.dsn)) == "committed"


def test_a_change_that_fails_leaves_nothing_and_its_transaction_says_so(target: Target) -> None:
    told, on_xid = _told()
    with pytest.raises(StatementFailed, match="duplicate key") as failed:
        write(target, _many("UPDATE t SET v = 'x'", "INSERT INTO t VALUES (1)"), on_xid=on_xid)
    assert failed.value.state == "failed"
    assert told[0]
    assert xact_status(target, told[0], identity_of_dsn(target.dsn)) == "aborted"
    assert read(target, "SELECT v FROM t WHERE id = 1").rows == [["one"]]


def test_a_change_does_not_begin_when_its_transaction_can_not_be_noted(target: Target) -> None:
    def lost(xid: str | None) -> None:
        raise Refused("the lease is lost")

    with pytest.raises(Refused, match="the lease is lost"):
        write(target, _many("DELETE FROM t"), on_xid=lost)
    assert read(target, "SELECT count(*) FROM t").rows == [[2]]


def test_a_change_is_not_made_on_a_server_that_fails_the_look_before(target: Target) -> None:
    def wrong_server(conn: Connection) -> None:
        assert identity(conn).system_identifier
        raise Refused("another server")

    told, on_xid = _told()
    with pytest.raises(Refused, match="another server"):
        write(target, _many("DELETE FROM t"), on_xid=on_xid, before=wrong_server)
    assert told == []


def test_while_a_change_runs_its_transaction_is_in_progress(target: Target) -> None:
    seen: list[str | None] = []

    def look(xid: str | None) -> None:
        assert xid is not None
        seen.append(xact_status(target, xid, identity_of_dsn(target.dsn)))

    write(target, _many("UPDATE t SET v = 'y'"), on_xid=look)
    assert seen == ["in progress"]


def test_a_transaction_of_another_server_or_of_no_server_is_not_told(target: Target) -> None:
    told, on_xid = _told()
    write(target, _many("UPDATE t SET v = 'y'"), on_xid=on_xid)
    here = identity_of_dsn(target.dsn)
    assert told[0]
    assert xact_status(target, told[0], replace(here, system_identifier="1")) is None
    assert xact_status(target, told[0], replace(here, timeline=2)) is None
    assert xact_status(target, "999999999999", here) is None
    with pytest.raises(TargetUnavailable):
        xact_status(Target("main", Secret("host=127.0.0.1 port=1")), told[0], here)


def test_a_begin_and_commit_around_a_change_are_our_own(target: Target) -> None:
    _, on_xid = _told()
    rows = write(target, _many("BEGIN", "DELETE FROM t WHERE id = 2", "COMMIT"), on_xid=on_xid)
    assert rows.status == ["DELETE 1"]
    with pytest.raises(Refused, match="the command holds COMMIT"):
        write(target, _many("DELETE FROM t", "COMMIT", "DELETE FROM t"), on_xid=on_xid)
    assert read(target, "SELECT count(*) FROM t").rows == [[1]]


def test_what_can_not_run_in_a_transaction_runs_alone_without_an_id(target: Target) -> None:
    told, on_xid = _told()
    rows = write(target, _many("CREATE INDEX CONCURRENTLY i ON t (v)", "VACUUM t"), on_xid=on_xid)
    assert (rows.status, told) == (["CREATE INDEX", "VACUUM"], [None])


def test_a_second_statement_behind_a_semicolon_is_never_run(target: Target) -> None:
    _, on_xid = _told()
    with pytest.raises(StatementFailed, match="multiple commands"):
        write(target, _many("SELECT 1; DROP TABLE t"), on_xid=on_xid)


def test_values_never_become_code(target: Target) -> None:
    _, on_xid = _told()
    evil = "x'; DROP TABLE t; --"
    write(target, [Statement("UPDATE t SET v = $1 WHERE id = $2", (evil, 1))], on_xid=on_xid)
    assert read(target, "SELECT v FROM t WHERE id = $1", [1]).rows == [[evil]]


def test_notices_are_kept(target: Target) -> None:
    _, on_xid = _told()
    rows = write(target, _many("DO $$ BEGIN RAISE NOTICE 'mind the gap'; END $$"), on_xid=on_xid)
    assert rows.notices == ["NOTICE: mind the gap"]


def test_copy_from_the_client_fails_and_does_not_hang(target: Target) -> None:
    _, on_xid = _told()
    with pytest.raises(StatementFailed, match="COPY from or to the client"):
        write(target, _many("COPY t FROM STDIN"), on_xid=on_xid)


def test_a_change_can_be_stopped_from_another_thread_and_is_undone(target: Target) -> None:
    told, on_xid = _told()
    cancel = Cancel()
    statements = _many("UPDATE t SET v = 'gone'", "SELECT pg_sleep(30)")
    threading.Timer(0.3, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(StatementFailed) as failed:
        write(target, statements, on_xid=on_xid, cancel=cancel)
    assert failed.value.state == "cancelled"
    assert time.monotonic() - began < 10
    assert told[0]
    assert xact_status(target, told[0], identity_of_dsn(target.dsn)) == "aborted"


def test_what_was_stopped_before_it_began_never_begins(target: Target) -> None:
    told, on_xid = _told()
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(StatementFailed) as failed:
        write(target, _many("DELETE FROM t"), on_xid=on_xid, cancel=cancel)
    assert (failed.value.state, told) == ("cancelled", [])
    with pytest.raises(StatementFailed):
        read(target, "SELECT 1", cancel=cancel)


def test_a_change_whose_connection_is_lost_is_unknown_until_it_is_asked_for(target: Target) -> None:
    told, on_xid = _told()
    with _owner(target) as owner:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%'"

        def end_it() -> None:
            while not owner.execute(kill).fetchall():
                time.sleep(0.02)

        killer = threading.Thread(target=end_it)
        killer.start()
        with pytest.raises(StatementFailed) as failed:
            write(target, _many("UPDATE t SET v = 'gone'", "SELECT pg_sleep(30)"), on_xid=on_xid)
        killer.join()
    assert failed.value.state == "unknown"
    assert told[0]
    assert xact_status(target, told[0], identity_of_dsn(target.dsn)) == "aborted"


def test_a_deferred_constraint_fails_the_commit_and_so_the_change(target: Target) -> None:
    _, on_xid = _told()
    with _owner(target) as owner:
        owner.execute("ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES t (id)")
        owner.execute("CREATE TABLE c (t_id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(StatementFailed, match="violates foreign key") as failed:
        write(target, _many("INSERT INTO c VALUES (77)"), on_xid=on_xid)
    assert failed.value.state == "failed"


def test_ctrl_c_is_not_needed_to_leave_a_long_result(target: Target) -> None:
    cancel = Cancel()
    threading.Timer(0.3, cancel.cancel).start()
    with pytest.raises(StatementFailed) as failed:
        read(target, "SELECT count(*) FROM generate_series(1, 1000000000)", cancel=cancel)
    assert failed.value.state == "cancelled"
