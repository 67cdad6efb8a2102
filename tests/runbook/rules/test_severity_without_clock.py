"""A severity's response time must be one that a clock can run to."""

from __future__ import annotations

from fireline.runbook.rules.severity_without_clock import rule
from tests.runbook.rules.saying import lines


def page(*times: str) -> str:
    rows = "".join(f"| P{number} | broken | {time} |\n" for number, time in enumerate(times))
    return f"# Outage\n\n## Severities\n\n| Severity | Meaning | Response time |\n| --- | --- | --- |\n{rows}\n## Slow\n\n1. **Look**\n"


def test_words_that_are_no_time_are_a_warning_at_their_line() -> None:
    assert lines(rule, page("15 minutes", "best effort", "nach Absprache", "ASAP when there is capacity")) == [
        (8, "warning"),
        (9, "warning"),
        (10, "warning"),
    ]


def test_times_in_several_languages_are_clean() -> None:
    assert lines(rule, page("sofort", "innerhalb von 30 Minuten", "within 2 business days", "next business day")) == []


def test_below_a_heading_it_is_the_line_of_the_time() -> None:
    text = "# Outage\n\n## Severity levels\n\n### P0\n- down\n- **Response time:** 5 minutes\n\n### P1\n- slow\n- **Response time:** some day\n\n## Slow\n\n1. **Look**\n"
    assert lines(rule, text) == [(11, "warning")]


def test_when_none_has_a_time_it_is_for_information_once() -> None:
    text = "# Outage\n\n## Severity levels\n\n- **P0**: all is down\n- **P1**: slow\n\n## Slow\n\n1. **Look**\n"
    assert lines(rule, text) == [(5, "info")]
