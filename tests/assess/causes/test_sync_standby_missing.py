"""Commits that wait for a standby which is not there."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, quietly, remedied, the_root


def test_sync_standby_missing(target: Target, faults: Faults) -> None:
    writer = faults.open("web", options="-c synchronous_commit=on")
    writer.execute("SET synchronous_commit = on")
    faults.owner.execute("ALTER SYSTEM SET synchronous_standby_names = 'nowhere'")
    try:
        faults.owner.execute("SELECT pg_reload_conf()")
        faults.until("SELECT FROM pg_file_settings WHERE name = 'synchronous_standby_names' AND applied")
        writer.execute("UPDATE orders SET n = 9 WHERE id = 9")
        faults._begin(lambda: quietly(writer.commit))
        faults.until("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        faults.aged(writer.info.backend_pid, 1.1)
        root = the_root(target)
        assert (root.cause, root.severity) == ("sync_standby_missing", "high")
        assert only(target) == root.cause
        remedied(target, root)
    finally:
        faults.owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
        faults.owner.execute("SELECT pg_reload_conf()")
