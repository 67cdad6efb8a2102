"""Which SQL loses rows that were committed."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.losing.sql import dropped, losing_sql


@pytest.mark.parametrize(
    ("sql", "lost"),
    [
        ("DELETE FROM x", True),
        ("WITH gone AS (DELETE FROM x RETURNING *) SELECT * FROM gone", True),
        ("UPDATE x SET a = 1 WHERE b = :'b'", True),
        ("ALTER TABLE x DROP COLUMN y", True),
        ("DROP SCHEMA s CASCADE", True),
        ("BEGIN; DELETE FROM x; ROLLBACK;", False),
        ("ALTER TABLE x DROP CONSTRAINT y", False),
        ("DROP INDEX i", False),
        ("VACUUM FULL x", False),
        ("SELECT purge_old()", False),
        ("SELECT pg_promote()", False),
        ("SELECT 1", False),
    ],
)
def test_sql_is_judged_by_its_tree(sql: str, lost: bool) -> None:
    assert bool(losing_sql(sql)) is lost


def test_the_databases_it_drops_are_named() -> None:
    assert dropped("DROP DATABASE a; SELECT 1; DROP DATABASE IF EXISTS b") == ("a", "b")
    assert dropped("DROP DATABASE") == ()
