"""An index that locks is a warning with its mend; one that is to be concurrent in a transaction is an error."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.index_not_concurrent import rule
from tests.runbook.rules.saying import faults, lines, mended, sql


@pytest.mark.parametrize(
    ("locking", "concurrent"),
    [
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"),
        ("REINDEX TABLE t", "REINDEX TABLE CONCURRENTLY t"),
        ("REINDEX (VERBOSE) INDEX i", "REINDEX (VERBOSE) INDEX CONCURRENTLY i"),
    ],
)
def test_a_locking_index_is_mended(locking: str, concurrent: str) -> None:
    [fault] = faults(rule, sql(locking))
    assert mended(sql(locking), fault) == sql(concurrent)
    assert faults(rule, sql(concurrent)) == []


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE t (a int);\n   CREATE INDEX ON t (a)", "CREATE INDEX i ON ONLY parts (a)", "REINDEX SYSTEM shop"],
)
def test_a_new_table_and_what_can_not_be_concurrent_are_left_alone(statement: str) -> None:
    assert faults(rule, sql(statement)) == []


def test_concurrently_in_a_transaction_is_an_error() -> None:
    assert lines(rule, sql("BEGIN;\n   CREATE INDEX CONCURRENTLY i ON t (a);\n   COMMIT;")) == [(6, "error")]
    assert lines(rule, sql("BEGIN;\n   SELECT 1;\n   COMMIT;\n   CREATE INDEX CONCURRENTLY i ON t (a);")) == []
    assert lines(rule, sql("psql -c \"SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON t (a)\"", "bash")) == [
        (5, "error")
    ]
