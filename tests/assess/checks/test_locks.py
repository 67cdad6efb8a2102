"""What one sample of sessions and locks holds."""

from __future__ import annotations

from datetime import timedelta

from fireline.assess.checks.locks import blind, read, unsettled
from fireline.assess.snapshot import LockReading
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.test_tangle import NOW


def sample(target: Target) -> LockReading:
    with connect(target) as conn:
        found = read(conn, NOTHING_SEEN)
        assert conn.info.backend_pid not in found.sessions
        return found


def test_a_quiet_server_has_nobody_waiting(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "SELECT count(*) FROM orders")
    found = sample(target)
    assert (found.blocked, found.locks, found.prepared, found.hidden) == ({}, (), {}, 0)
    session = found.sessions[pid]
    assert (session.application, session.state, session.user, session.xid) == (
        "worker",
        "idle in transaction",
        "postgres",
        None,
    )
    assert session.query == "SELECT count(*) FROM orders"
    assert session.xact_start is not None
    assert timedelta(0) <= found.at - session.xact_start < timedelta(seconds=10)
    assert not unsettled((found,))


def test_a_wait_is_read_with_what_is_waited_for_and_since_when(target: Target, faults: Faults) -> None:
    holder = faults.idle("worker", "LOCK TABLE orders IN SHARE MODE", "SELECT count(*) FROM accounts")
    waiter = faults.waiting("web", "UPDATE orders SET n = 1")
    found = sample(target)
    assert found.blocked == {waiter: (holder,)}
    (wanted,) = (lock for lock in found.locks if not lock.granted)
    assert (wanted.pid, wanted.kind, wanted.relation, wanted.own, wanted.mode) == (
        waiter,
        "relation",
        "orders",
        True,
        "RowExclusiveLock",
    )
    assert (wanted.since is not None) == (faults.owner.info.server_version >= 140000)
    held = {(lock.relation, lock.mode) for lock in found.locks if lock.pid == holder and lock.granted and lock.own}
    assert held == {("orders", "ShareLock"), ("accounts", "AccessShareLock")}
    assert next(lock for lock in found.locks if lock.pid == holder and lock.relation == "orders").thing == wanted.thing
    assert unsettled((found,))


def test_advisory_locks_are_read_though_nobody_waits(target: Target, faults: Faults) -> None:
    conn = faults.open("cron", autocommit=True)
    conn.execute("SELECT pg_advisory_lock(1, 2)")
    (lock,) = sample(target).locks
    assert (lock.pid, lock.kind, lock.thing[-3:]) == (conn.info.backend_pid, "advisory", ("1", "2", "2"))


def test_prepared_transactions_are_read_by_their_number(target: Target, faults: Faults) -> None:
    faults.open("app", autocommit=True).execute("BEGIN; UPDATE orders SET n = 1; PREPARE TRANSACTION 'mine'")
    (prepared,) = sample(target).prepared.values()
    assert (prepared.gid, prepared.owner) == ("mine", "postgres")


def test_what_may_not_be_seen_is_said() -> None:
    assert blind(LockReading(NOW)) is None
    assert blind(LockReading(NOW, hidden=1)) == "may not see what another session does; grant it pg_monitor"
