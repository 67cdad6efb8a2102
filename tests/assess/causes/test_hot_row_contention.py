"""One row that everybody wants."""

from __future__ import annotations

from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import only, the_root


def test_hot_row_contention(target: Target, faults: Faults) -> None:
    for number in range(8):
        faults.repeating(f"web{number}", "UPDATE orders SET n = n + 1 WHERE id = 7", "SELECT pg_sleep(0.02)")
    faults.until("SELECT FROM pg_locks WHERE NOT granted GROUP BY () HAVING count(*) > 4")
    root = the_root(target)
    assert root.cause == "hot_row_contention"
    assert (root.remedy.command, root.remedy.sql) == (None, ())
    assert "Kill nobody" in root.remedy.text
    assert only(target) == root.cause
