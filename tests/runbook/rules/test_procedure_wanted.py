"""What post-mortems asked for is written, or told once."""

from __future__ import annotations

from fireline.runbook.lint.world import World
from fireline.runbook.rules.procedure_wanted import rule
from tests.runbook.rules.saying import faults, look

WORLD = World(asked=("Certificate expired",))


def test_its_examples_hold() -> None:
    assert [one.line for one in faults(rule, rule.bad, WORLD)] == [1]
    assert faults(rule, rule.good, WORLD) == []


def test_without_a_store_nothing_was_asked_for() -> None:
    assert look(rule, rule.bad) == []


def test_nothing_asked_for_is_nothing_to_say() -> None:
    assert look(rule, rule.bad, World(asked=())) == []


def test_a_title_in_other_words_of_the_same_kind_is_enough() -> None:
    assert faults(rule, "# Shop\n\n## Expired certificates\n\n1. **Renew it**\n", WORLD) == []
    assert len(faults(rule, "# Shop\n\n## Password expired\n\n1. **Renew it**\n", WORLD)) == 1
