"""A statement that runs for long and holds locks."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.long_statement_holds_lock import cause
from fireline.assess.snapshot import Lock
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root
from tests.assess.test_tangle import NOW, reading, session, snapshot


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


def test_autovacuum_is_not_ended_but_what_waits_for_it() -> None:
    vacuum = replace(session(7), kind="autovacuum worker", user=None, application="", query="autovacuum: VACUUM orders")
    migration = replace(session(8), query="ALTER TABLE orders ADD COLUMN venue text")
    held = Lock(7, "relation", ("orders",), "orders", True, "ShareUpdateExclusiveLock", True, None, "7/7", None)
    wanted = replace(held, pid=8, mode="AccessExclusiveLock", granted=False, since=NOW)
    seen = reading(vacuum, migration, blocked={8: (7,)}, locks=(held, wanted))
    (found,) = cause.judge(snapshot(seen, seen))
    assert found.title == "Autovacuum holds locks on orders that others wait for."
    assert (found.remedy.command, found.remedy.sql) == (None, ("SELECT pg_cancel_backend(8)",))
    assert "Let it finish" in found.remedy.text
