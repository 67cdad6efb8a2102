"""A procedure that does not say when it is to be used: a warning only where the others do."""

from __future__ import annotations

from fireline.runbook.rules.no_symptoms import rule
from tests.runbook.rules.saying import lines

SLOW = "## Slow\n\n**Symptoms:** slow pages\n\n1. **Look**\n\n"
DOWN = "## Down\n\n**Symptoms:** no answer\n\n1. **Start it**\n\n"


def test_where_none_has_symptoms_it_is_for_information_once() -> None:
    text = "# Shop\n\n## Slow\n\n1. **Look**\n\n## Down\n\n1. **Start it**\n"
    assert lines(rule, text) == [(3, "info")]


def test_a_single_procedure_is_for_information() -> None:
    assert lines(rule, "# High CPU\n\n1. **Look**\n") == [(1, "info")]


def test_routine_work_is_for_information() -> None:
    assert lines(rule, f"# Shop\n\n{SLOW}{DOWN}## Weekly maintenance\n\n1. **Vacuum**\n") == [(15, "info")]


def test_what_another_procedure_leads_to_needs_none() -> None:
    leading = "## Down\n\n**Symptoms:** no answer\n\n1. See [Going back](#going-back)\n\n"
    assert lines(rule, f"# Shop\n\n{SLOW}{leading}## Going back\n\n1. **Deploy the old one**\n") == []


def test_a_sentence_that_says_when_is_enough() -> None:
    for words in ("**When:** the monitor fires", "Use this when keys have leaked.", "**Quand utiliser :** une demande est arrivée", "**Objawy:** dane są uszkodzone"):  # fmt: skip
        assert lines(rule, f"# Shop\n\n{SLOW}{DOWN}## Breach\n\n{words}\n\n1. **Rotate the keys**\n") == []
