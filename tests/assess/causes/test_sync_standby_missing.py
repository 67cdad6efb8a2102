"""Commits that wait for a standby which is not there."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


def test_sync_standby_missing(target: Target, faults: Faults) -> None:
    faults.owner.execute("ALTER SYSTEM SET synchronous_standby_names = 'nowhere'")
    try:
        faults.owner.execute("SELECT pg_reload_conf()")
        # the checkpointer tells the others to wait, some moment after the reload: whoever commits before goes through
        pid = faults.repeating("web", "SET LOCAL synchronous_commit = on", "UPDATE orders SET n = 9 WHERE id = 9")
        faults.until("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid = %s", pid)
        faults.aged(pid, 1.1)
        root = the_root(target)
        assert (root.cause, root.severity) == ("sync_standby_missing", "high")
        assert only(target) == root.cause
        remedied(target, root)
    finally:
        faults.owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
        faults.owner.execute("SELECT pg_reload_conf()")
