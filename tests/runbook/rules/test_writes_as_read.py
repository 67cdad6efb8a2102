"""Reads that write, on a real server."""

from __future__ import annotations

import psycopg

from fireline.postgres.connect import Target
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.writes_as_read import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_a_select_that_writes_is_found_unless_the_fence_says_so(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE SCHEMA ops; CREATE FUNCTION ops.refresh_statistics() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ANALYZE'; END $$"
        )
    assert [line for line, _ in _found(target, rule.bad)] == [5]
    assert _found(target, rule.good) == []


def test_an_act_that_says_so_by_its_name_is_left_alone(target: Target) -> None:
    text = rule.bad.replace("ops.refresh_statistics()", "pg_terminate_backend(pid) FROM pg_stat_activity")
    assert _found(target, text) == []
