"""Tables that a real server does not have."""

from __future__ import annotations

import psycopg

from fireline.postgres.connect import Target
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.undefined_table import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_a_missing_table_is_found_at_its_line(target: Target) -> None:
    assert [line for line, _ in _found(target, rule.bad)] == [5]
    assert _found(target, rule.good) == []


def test_a_table_of_another_schema_is_named_with_it(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE SCHEMA ops; CREATE TABLE ops.jobs_that_nobody_made (id int)")
    assert _found(target, rule.bad) == [(5, "Write `ops.jobs_that_nobody_made`.")]


def test_a_name_is_written_as_sql_wants_it_and_no_table_of_the_team_is_taken_for_one_of_postgresql(
    target: Target,
) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute('CREATE TABLE "User" (id int)')
    assert _found(target, rule.bad.replace("jobs_that_nobody_made", "users")) == [
        (5, 'Write `"User"`, if that is meant.')
    ]
    ((_, said),) = _found(target, rule.bad.replace("jobs_that_nobody_made", "profiles"))
    assert said == "Name what is there today, or take the step out."
    ((_, said),) = _found(target, rule.bad.replace("jobs_that_nobody_made", "pg_lock"))
    assert "`pg_locks`" in said


def test_a_table_made_before_or_another_search_path_is_no_fault(target: Target) -> None:
    for before in ("CREATE TEMP TABLE jobs_that_nobody_made (id int);", "SET search_path = ops;"):
        assert _found(target, rule.bad.replace("SELECT", f"{before}\n   SELECT")) == []
