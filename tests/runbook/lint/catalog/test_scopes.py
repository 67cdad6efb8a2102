"""A column is only said to be the catalog's where nothing else can be meant."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.catalog.scopes import uses
from fireline.runbook.sqltext import trees


def read(sql: str) -> set[str]:
    [tree] = trees(sql)
    return {f"{one.relation}.{one.column}" for one in uses(tree.node).values()}


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT pid FROM pg_locks", {"pg_locks.pid"}),
        ("SELECT l.pid FROM pg_locks l JOIN mine ON true", {"pg_locks.pid"}),
        ("SELECT pid FROM pg_locks JOIN mine ON true", set()),
        ("SELECT mode, query FROM pg_locks, pg_stat_activity", {"pg_locks.mode", "pg_stat_activity.query"}),
        ("SELECT pid FROM pg_locks, pg_stat_activity", set()),
        ("SELECT pid FROM theirs.pg_locks", set()),
        ("SELECT a FROM pg_locks AS l(a)", set()),
        ("SELECT 1 FROM mine WHERE EXISTS (SELECT 1 FROM pg_locks WHERE granted)", {"pg_locks.granted"}),
        ("SELECT query AS q FROM pg_stat_activity ORDER BY q", {"pg_stat_activity.query"}),
        ("DELETE FROM mine USING pg_locks l WHERE l.pid = mine.pid", {"pg_locks.pid"}),
    ],
)
def test_the_owner_of_a_column(sql: str, columns: set[str]) -> None:
    assert read(sql) == columns
