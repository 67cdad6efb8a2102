"""A prepared transaction that nobody finished."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


def test_orphan_prepared_tx(target: Target, faults: Faults) -> None:
    maker = faults.open("app", autocommit=True)
    maker.execute("BEGIN; UPDATE orders SET n = 1 WHERE id = 7; PREPARE TRANSACTION 'it''s \\ mine'")
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    root = the_root(target)
    assert (root.cause, root.remedy.level, root.remedy.command) == ("orphan_prepared_tx", "destructive", None)
    assert root.remedy.sql == ("ROLLBACK PREPARED E'it''s \\\\ mine'",)
    assert root.tree[0].pid == 0
    assert "no session holds it" in root.tree[0].text
    assert only(target) == root.cause
    remedied(target, root)


def test_a_prepared_ddl_blocks_readers_and_is_found_too(target: Target, faults: Faults) -> None:
    maker = faults.open("app", autocommit=True)
    maker.execute("BEGIN; ALTER TABLE orders ADD COLUMN venue text; PREPARE TRANSACTION 'ddl'")
    faults.waiting("web", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert root.cause == "orphan_prepared_tx"
    assert "ddl" in root.title
    remedied(target, root)
