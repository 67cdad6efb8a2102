"""Every row is a warning; a condition, `WHERE true`, a table of the script's own and a mere EXPLAIN are none."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.change_without_where import rule
from tests.runbook.rules.saying import faults, lines, sql


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM sessions", "UPDATE jobs SET tries = 0", "WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone",
     "EXPLAIN ANALYZE DELETE FROM sessions"],
)  # fmt: skip
def test_every_row_is_a_warning(statement: str) -> None:
    assert lines(rule, sql(statement)) == [(5, "warning")]


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM sessions WHERE true", "UPDATE jobs SET tries = 0 WHERE id = :id", "EXPLAIN DELETE FROM sessions",
     "CREATE TEMP TABLE t AS SELECT 1;\n   DELETE FROM t", "SELECT * FROM a FOR UPDATE"],
)  # fmt: skip
def test_what_is_limited_or_harmless_is_left_alone(statement: str) -> None:
    assert faults(rule, sql(statement)) == []


def test_in_bash_only_what_is_known_whole_is_judged() -> None:
    assert lines(rule, sql("psql shop -c 'DELETE FROM sessions'", "bash")) == [(5, "warning")]
    assert faults(rule, sql('psql shop -c "DELETE FROM sessions $CONDITION"', "bash")) == []
