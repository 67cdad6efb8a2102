"""Columns that a real table does not have."""

from __future__ import annotations

from fireline.postgres.connect import Target
from fireline.runbook.lint.checking import of_text
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.world import World
from fireline.runbook.rules.undefined_column import rule


def _found(target: Target, text: str) -> list[tuple[int, str]]:
    with open_(target) as patient:
        return [(one.line, one.suggestion) for one in of_text(text, world=World(target=patient), only=[rule.id])]


def test_a_missing_column_is_found_and_the_nearest_named(target: Target) -> None:
    assert _found(target, rule.bad) == [(5, "Write `usename`, if that is meant.")]
    assert _found(target, rule.good) == []


def test_it_is_told_wherever_it_stands(target: Target) -> None:
    text = rule.bad.replace(" FROM pg_stat_activity", " FROM pg_stat_activity\n   WHERE usernam = 'x'")
    assert [line for line, _ in _found(target, text)] == [5, 6]


def test_a_renamed_column_of_postgresqls_own_is_left_to_its_rule(target: Target) -> None:
    assert _found(target, rule.bad.replace("usernam", "procpid")) == []
