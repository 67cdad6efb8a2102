"""Extensions that a real server does not have."""

from __future__ import annotations

import psycopg

from fireline.postgres.connect import Target
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.missing_extension import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_a_missing_extension_is_found_with_how_to_get_it(target: Target) -> None:
    found = _found(target, rule.bad)
    assert [line for line, _ in found] == [5]
    assert "CREATE EXTENSION pgrowlocks;" in found[0][1]
    assert _found(target, rule.good) == []


def test_an_installed_one_is_no_fault(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE EXTENSION pgrowlocks")
    assert _found(target, rule.bad) == []
