"""A migration that waits for an idle reader, and everyone behind it."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


def test_ddl_queue_behind_idle_tx(target: Target, faults: Faults) -> None:
    pid = faults.idle("nightly-report", "SELECT count(*) FROM orders")
    migration = faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    for number in range(4):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert (root.cause, root.severity) == ("ddl_queue_behind_idle_tx", "critical")
    assert root.title == (
        "An idle transaction holds a read lock on orders; a migration waits for it; everyone waits for the migration."
    )
    assert [branch.pid for branch in root.tree][:2] == [pid, migration]
    assert [branch.depth for branch in root.tree] == [0, 1, 2, 2, 2, 2]
    assert root.tree[0].text.startswith("idle in transaction ")
    assert "nightly-report@local   read orders, never committed" in root.tree[0].text
    assert "it has written nothing, so only an open read is lost" in root.remedy.text
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main"
    assert {one.cause for one in root.rejected} >= {
        "exclusive_maintenance",
        "idle_in_tx_row_lock",
        "orphan_prepared_tx",
    }
    assert "even reading hangs" in root.explains
    assert only(target) == root.cause
    remedied(target, root)


def test_ddl_behind_several_idle_readers_names_them_all(target: Target, faults: Faults) -> None:
    pids = [faults.idle(f"report{number}", "SELECT count(*) FROM orders") for number in range(3)]
    faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    root = the_root(target)
    assert root.cause == "ddl_queue_behind_idle_tx"
    assert root.title == "An idle transaction holds a read lock on orders; a migration waits for it."
    assert {f"pid {pid}" for pid in pids} <= set(root.objects)
    assert len(root.remedy.sql) == 3
    remedied(target, root)


def test_an_index_built_concurrently_waits_for_an_idle_transaction(target: Target, faults: Faults) -> None:
    pid = faults.idle("report", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM accounts")
    faults.waiting("migrate", "CREATE INDEX CONCURRENTLY i ON orders (n)")
    root = the_root(target)
    assert (root.cause, root.tree[0].pid) == ("ddl_queue_behind_idle_tx", pid)
    remedied(target, root)
