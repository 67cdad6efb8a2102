"""A statement that runs for long and holds locks."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


def test_a_long_statement_is_told_from_an_idle_transaction(target: Target, faults: Faults) -> None:
    pid = faults.running("batch", "DO $$ BEGIN UPDATE orders SET n = 1 WHERE id = 7; PERFORM pg_sleep(60); END $$")
    faults.until("SELECT FROM pg_stat_activity WHERE pid = %s AND backend_xid IS NOT NULL", pid)
    faults.aged(pid, 1.1)
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    root = the_root(target)
    assert root.cause == "long_statement_holds_lock"
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main --cancel"
    assert only(target) == root.cause
    remedied(target, root)
