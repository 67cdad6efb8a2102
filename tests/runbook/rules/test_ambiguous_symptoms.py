"""Two procedures with the same symptoms; a name that tells them apart is enough."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fireline.runbook.lint.rule import Fault
from fireline.runbook.lint.subject import Subject
from fireline.runbook.parse import parse_text
from fireline.runbook.rules.ambiguous_symptoms import rule
from tests.runbook.rules.saying import lines


def page(*symptoms: str) -> str:
    return "# Shop\n\n" + "".join(
        f"## Case {n}\n\n**Symptoms:**\n{one}\n\n1. **Look**\n\n" for n, one in enumerate(symptoms)
    )


def test_the_same_symptoms_are_told_at_the_later_one() -> None:
    assert lines(rule, page("- slow pages\n- timeouts", "- timeouts\n- slow pages")) == [(11, "warning")]


def test_a_name_tells_them_apart() -> None:
    assert lines(rule, page("- `checkout` answers slowly", "- `catalog` answers slowly")) == []


def test_what_has_one_symptom_more_is_told_when_it_has_most_in_common() -> None:
    three = "- slow pages\n- timeouts of requests\n- full connection pool"
    assert lines(rule, page(three, f"{three}\n- alarms")) == [(12, "warning")]
    assert lines(rule, page("- timeouts of requests", three)) == []


def test_procedures_of_other_files_count() -> None:
    text = page("- slow pages\n- timeouts")
    subject = Subject(Path("b.md"), text, parse_text(text, "b.md"), others=(parse_text(text, "a.md"),))
    found = [one for one in rule.look(subject) if isinstance(one, Fault)]
    assert [(one.line, "of a.md" in one.message) for one in found] == [(3, True)]
    assert list(rule.look(replace(subject, others=(parse_text(text, "c.md"),)))) == []
