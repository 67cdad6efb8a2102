"""Who receives the log from here."""

from __future__ import annotations

import psycopg
from psycopg.pq import ExecStatus

from fireline.assess.checks.standbys import Standbys, blind, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor


def seen(target: Target) -> Standbys:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def receiver(faults: Faults) -> int:
    """A connection that takes the log as a standby does, and tells nothing back; its pid, once it is sent to."""
    conn: psycopg.Connection = faults.open("copy_a", autocommit=True, replication="database")
    row = faults.owner.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
    assert row
    started = conn.pgconn.exec_(f"START_REPLICATION PHYSICAL {row[0]}".encode())
    assert started.status == ExecStatus.COPY_BOTH, started.error_message
    faults.until("SELECT FROM pg_stat_replication WHERE application_name = 'copy_a' AND state = 'streaming'")
    return conn.info.backend_pid


def test_a_primary_without_standbys_replays_nothing(target: Target) -> None:
    found = seen(target)
    assert (found.connected, found.replay) == ((), None)
    assert blind(found) is None


def test_a_receiver_is_read_with_what_was_sent_and_not_yet_told_back(target: Target, faults: Faults) -> None:
    pid = receiver(faults)
    faults.owner.execute("UPDATE orders SET n = 5")
    faults.until("SELECT FROM pg_stat_replication WHERE sent_lsn >= pg_current_wal_flush_lsn()")
    (one,) = seen(target).connected
    assert (one.pid, one.application, one.state, one.xmin_age) == (pid, "copy_a", "streaming", None)
    assert (one.flushed, one.replayed, one.replay_lsn) == (None, None, None)
    assert one.sent is not None
    assert one.newest is not None
    assert one.sent_lsn is not None
    high, low = one.sent_lsn.split("/")
    assert one.sent == (int(high, 16) << 32) + int(low, 16)
    assert 0 <= one.newest - one.sent < 100_000


def test_a_role_that_may_not_see_how_far_they_are_says_so(target: Target, faults: Faults) -> None:
    pid = receiver(faults)
    with poor(target, faults) as few:
        found = seen(few)
    assert [(one.pid, one.state, one.sent) for one in found.connected] == [(pid, "", None)]
    assert blind(found) == "may not see how far standbys are; grant it pg_monitor"
