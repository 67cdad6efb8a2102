"""A strong lock without a limit is a warning; a limit before it in the step, a weak lock and a new table are none."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.change_without_lock_timeout import rule
from tests.runbook.rules.saying import faults, lines, mended, sql


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE a ADD COLUMN b int", "ALTER TABLE a RENAME TO b", "ALTER TABLE a ENABLE ROW LEVEL SECURITY", "TRUNCATE a",
     "DROP TABLE a", "DROP INDEX i", "LOCK TABLE a", "VACUUM FULL a", "CLUSTER a USING i", "REFRESH MATERIALIZED VIEW v",
     "CREATE POLICY p ON a USING (true)", "SET lock_timeout = '1s';\n   RESET lock_timeout;\n   TRUNCATE a"],
)  # fmt: skip
def test_a_strong_lock_is_a_warning(statement: str) -> None:
    assert [severity for _, severity in lines(rule, sql(statement))] == ["warning"]


@pytest.mark.parametrize(
    "statement",
    ["SET lock_timeout = '5s';\n   DROP TABLE a", "SELECT set_config('lock_timeout', '5s', false);\n   DROP TABLE a",
     "ALTER TABLE a ALTER b SET STATISTICS 500", "ALTER TABLE a VALIDATE CONSTRAINT c", "ALTER TABLE a SET (fillfactor = 70)",
     "DROP INDEX CONCURRENTLY i", "LOCK TABLE a IN ACCESS EXCLUSIVE MODE NOWAIT", "VACUUM a", "CREATE TABLE a (b int);\n   DROP TABLE a",
     "REFRESH MATERIALIZED VIEW CONCURRENTLY v", "ALTER ROLE r SET work_mem = '8MB'", "ALTER TABLE p DETACH PARTITION q CONCURRENTLY"],
)  # fmt: skip
def test_a_limit_a_weak_lock_and_a_new_table_are_left_alone(statement: str) -> None:
    assert faults(rule, sql(statement)) == []


def test_the_first_of_a_fence_offers_the_line_that_mends_all() -> None:
    text = sql("ALTER TABLE a ADD b int;\n   ALTER TABLE a ADD c int;")
    first, second = faults(rule, text)
    assert second.edits == ()
    assert faults(rule, mended(text, first)) == []


def test_a_limit_of_another_step_is_of_another_session() -> None:
    text = "# A\n\n1. **Limit:**\n   ```sql\n   SET lock_timeout = '5s';\n   ```\n2. **Drop:**\n   ```sql\n   DROP TABLE a;\n   ```\n"
    assert lines(rule, text) == [(9, "warning")]


def test_bash_may_set_it_for_psql() -> None:
    assert faults(rule, sql("PGOPTIONS='-c lock_timeout=5s' psql -c 'DROP TABLE a'", "bash")) == []
    assert lines(rule, sql("psql -c 'DROP TABLE a'", "bash")) == [(5, "warning")]
