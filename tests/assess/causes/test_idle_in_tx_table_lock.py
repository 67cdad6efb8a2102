"""A migration left open."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, remedied, the_root


def test_idle_in_tx_table_lock(target: Target, faults: Faults) -> None:
    pid = faults.idle("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    for number in range(3):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert (root.cause, root.severity) == ("idle_in_tx_table_lock", "critical")
    assert root.title == "An idle transaction has locked orders as a whole and not committed; nobody can read it."
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main"
    assert only(target) == root.cause
    remedied(target, root)
