"""Functions that a real server does not have."""

from __future__ import annotations

from fireline.postgres.connect import Target
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.undefined_function import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_a_missing_function_is_found_at_its_line(target: Target) -> None:
    assert [line for line, _ in _found(target, rule.bad)] == [5]
    assert _found(target, rule.good) == []


def test_one_of_ours_is_offered_by_its_exact_command(target: Target) -> None:
    text = rule.bad.replace("score_of_the_database", "calculate_database_health_score")
    assert "fireline postgres install --target main --public" in _found(target, text)[0][1]


def test_a_function_that_the_runbook_makes_itself_is_left_out(target: Target) -> None:
    made = "CREATE FUNCTION score_of_the_database() RETURNS int LANGUAGE sql AS 'SELECT 1';\n   SELECT * FROM"
    assert _found(target, rule.bad.replace("SELECT * FROM", made)) == []
