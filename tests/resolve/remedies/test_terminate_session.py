"""Ending one session: exactly the one that was approved, and never another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.errors import NotFound, Refused, TargetUnavailable, Usage
from fireline.postgres.connect import Target, connect
from fireline.redact import Secret
from fireline.resolve.remedies.terminate_session import TerminateSession, remedy
from fireline.run import line
from fireline.run.remedy import Plan
from tests.assess.faults import Faults
from tests.hand import hand
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    found: Target = request.getfixturevalue(request.param)
    with psycopg.connect(found.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE orders (id int PRIMARY KEY, n int)")
        conn.execute("INSERT INTO orders VALUES (7, 0)")
    return found


@pytest.fixture
def faults(target: Target) -> Iterator[Faults]:
    with Faults(target) as made:
        yield made


def planned(target: Target, **parameters: Any) -> Plan:
    """The plan, as it comes back from the store."""
    plan = remedy.plan(target, TerminateSession(**parameters), hand())
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def lives(faults: Faults, pid: int) -> bool:
    return bool(faults.owner.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchall())


def test_an_idle_reader_is_ended_and_those_behind_it_go_on(target: Target, faults: Faults) -> None:
    pid = faults.idle("report", "SELECT count(*) FROM orders")
    faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    faults.waiting("web", "SELECT count(*) FROM orders")
    plan = planned(target, pid=pid)
    assert plan.summary.startswith(f"End session {pid} (report@local, user postgres, database ")
    assert plan.summary.endswith("; 2 sessions wait behind it.")
    assert plan.effect.startswith("It has written nothing, so only an open read is lost (it has locked orders).")
    assert plan.level == "reversible"
    assert lives(faults, pid)
    done = remedy.do(target, plan, hand())
    assert (done.ok, done.facts["pid"]) == (True, pid)
    assert not lives(faults, pid)
    assert remedy.verify(target, plan, hand()).ok is True
    faults.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")


def test_what_a_writer_would_lose_is_said(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    plan = planned(target, pid=pid)
    assert plan.effect.startswith(
        "Its uncommitted changes are lost (it has locked orders). Nothing that was committed is."
    )
    assert "nobody waits for it" in plan.summary
    assert plan.captured["has_written"] is True
    remedy.do(target, plan, hand())
    assert faults.owner.execute("SELECT n FROM orders").fetchone() == (0,)


def test_an_idle_session_without_a_transaction_loses_nothing(target: Target, faults: Faults) -> None:
    conn = faults.open("cron", autocommit=True)
    conn.execute("SELECT pg_advisory_lock(42)")
    plan = planned(target, pid=conn.info.backend_pid)
    assert plan.effect.startswith("It has no transaction open, so nothing is lost.")
    assert remedy.do(target, plan, hand()).ok


def test_a_session_that_has_begun_another_transaction_is_spared(target: Target, faults: Faults) -> None:
    conn = faults.open("worker")
    conn.execute("SELECT count(*) FROM orders")
    plan = planned(target, pid=conn.info.backend_pid)
    conn.commit()
    conn.execute("UPDATE orders SET n = 5")
    with pytest.raises(Refused, match="has begun another transaction than the one that was approved"):
        remedy.do(target, plan, hand())
    assert lives(faults, conn.info.backend_pid)
    assert remedy.verify(target, plan, hand()).ok is False


def test_another_session_with_the_same_number_is_spared(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "SELECT 1")
    plan = planned(target, pid=pid)
    plan.captured["backend_start"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    done = remedy.do(target, plan, hand())
    assert (done.ok, done.summary) == (True, f"session {pid} had ended by itself")
    assert lives(faults, pid)
    with pytest.raises(Refused, match="belongs to another session now"):
        planned(target, pid=pid, backend_start=datetime.now(UTC) - timedelta(days=1))


def test_the_beginning_of_the_session_may_be_named(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "SELECT 1")
    begun = faults.owner.execute("SELECT backend_start FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    assert begun is not None
    read = line.read(
        [
            "fireline",
            "resolve",
            "terminate-session",
            str(pid),
            "--target",
            "main",
            "--backend-start",
            begun[0].isoformat(),
        ],
        {"resolve terminate-session": remedy},
    )
    assert read is not None
    assert remedy.plan(target, read.parameters, hand()).captured["pid"] == pid


def test_a_session_that_is_gone_is_said_to_be(target: Target, faults: Faults) -> None:
    conn = faults.open("worker")
    pid = conn.info.backend_pid
    plan = planned(target, pid=pid)
    conn.close()
    faults.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", pid)
    assert remedy.do(target, plan, hand()).summary == f"session {pid} had ended by itself"
    with pytest.raises(NotFound, match=f"there is no session {pid}"):
        planned(target, pid=pid)


def test_only_the_statement_can_be_cancelled(target: Target, faults: Faults) -> None:
    pid = faults.running("batch", "SELECT pg_sleep(60)")
    faults.until("SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", pid)
    plan = planned(target, pid=pid, cancel=True)
    assert plan.summary.startswith(f"Cancel the statement of session {pid}")
    done = remedy.do(target, plan, hand())
    assert done.ok
    assert lives(faults, pid)
    assert remedy.verify(target, plan, hand()).ok is True
    with pytest.raises(Refused, match=f"session {pid} runs no statement: it is idle"):
        planned(target, pid=pid, cancel=True)


def test_firelines_own_sessions_are_spared_unless_forced(target: Target, faults: Faults) -> None:
    with connect(target) as conn:
        pid = conn.info.backend_pid
        with pytest.raises(Refused, match=f"session {pid} is Fireline's own"):
            planned(target, pid=pid)
        assert remedy.do(target, planned(target, pid=pid, force=True), hand()).ok


def test_a_process_that_is_no_client_is_spared(target: Target, faults: Faults) -> None:
    row = faults.owner.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").fetchone()
    assert row is not None
    with pytest.raises(Refused, match="is no client's but a checkpointer"):
        planned(target, pid=row[0])


def _as(target: Target, faults: Faults, *roles: str) -> Target:
    faults.owner.execute("DROP ROLE IF EXISTS acting")
    faults.owner.execute("CREATE ROLE acting LOGIN PASSWORD 'acting-pw'")
    for role in roles:
        faults.owner.execute(f"GRANT {role} TO acting")
    return Target("main", Secret(make_conninfo(target.dsn.reveal(), user="acting", password="acting-pw")))


def test_what_the_role_may_not_do_is_said_before_anybody_approves(target: Target, faults: Faults) -> None:
    try:
        pid = faults.idle("worker", "SELECT 1")
        with pytest.raises(Refused, match="our role may not see"):
            planned(_as(target, faults), pid=pid)
        with pytest.raises(Refused, match="our role may not end sessions of postgres") as refused:
            planned(_as(target, faults, "pg_monitor", "pg_signal_backend"), pid=pid)
        assert refused.value.hint == "Only a superuser may end a superuser's session."
        faults.owner.execute("CREATE ROLE app LOGIN PASSWORD 'app-pass'")
        theirs = faults.open("web", user="app", password="app-pass").info.backend_pid
        with pytest.raises(Refused, match="our role may not end sessions of app"):
            planned(_as(target, faults, "pg_monitor"), pid=theirs)
        signaller = _as(target, faults, "pg_monitor", "pg_signal_backend")
        assert remedy.do(signaller, planned(signaller, pid=theirs), hand()).ok
        assert not lives(faults, theirs)
    finally:
        faults.owner.execute("DROP ROLE IF EXISTS acting")
        faults.owner.execute("DROP ROLE IF EXISTS app")


def test_whether_it_worked_is_not_known_when_the_target_is_away(target: Target, faults: Faults) -> None:
    plan = planned(target, pid=faults.idle("worker", "SELECT 1"))
    away = Target("main", Secret("host=127.0.0.1 port=1"))
    assert remedy.verify(away, plan, hand()).ok is None
    with pytest.raises(TargetUnavailable):
        remedy.do(away, plan, hand())


def test_secrets_in_the_statement_are_not_kept(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "SELECT 'sk_live_abcdefghijklmnop'")
    assert "abcdefghijklmnop" not in json.dumps(planned(target, pid=pid).captured)


def test_a_number_that_is_none_is_not_understood() -> None:
    with pytest.raises(Usage, match="resolve terminate-session: pid"):
        line.read(
            ["fireline", "resolve", "terminate-session", "abc", "--target", "main"],
            {"resolve terminate-session": remedy},
        )
