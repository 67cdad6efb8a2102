"""What a real server refuses for another reason."""

from __future__ import annotations

import psycopg

from fireline.postgres.connect import Target
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.sql_fails import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_a_refused_statement_is_found_with_the_servers_words(target: Target) -> None:
    assert [line for line, _ in _found(target, rule.bad)] == [5]
    assert _found(target, rule.good) == []


def test_a_mismatch_with_a_table_of_the_team_is_found(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE jobs (id int)")
    text = "# A\n\n1. **Look:**\n   ```sql\n   SELECT id FROM jobs WHERE id = 'x';\n   ```\n"
    assert [line for line, _ in _found(target, text)] == [5]


def test_a_type_mismatch_of_postgresqls_own_columns_is_left_to_its_rule(target: Target) -> None:
    text = "# A\n\n1. **Look:**\n   ```sql\n   SELECT pid FROM pg_stat_activity WHERE pid > 'four';\n   ```\n"
    assert _found(target, text) == []
