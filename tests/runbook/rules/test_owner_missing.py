"""Whose a runbook is and when it was read last, in front matter or in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fireline import clock
from fireline.runbook.rules.owner_missing import rule
from tests.runbook.rules.saying import faults, lines

STEPS = "# Outage\n\n{}\n\n1. **Look**\n"
DAY = datetime(2026, 11, 23, tzinfo=UTC)


def said(text: str) -> list[tuple[int, str]]:
    with clock.moved(DAY - clock.now()):
        return lines(rule, text)


def test_it_is_a_warning_only_in_an_annotated_file() -> None:
    assert said(STEPS.format("")) == [(1, "info")]
    assert said("---\nfireline: 1\n---\n\n" + STEPS.format("")) == [(5, "warning")]
    assert said("---\nfireline: 1\nowner: db\n---\n\n" + STEPS.format("")) == [(6, "info")]


@pytest.mark.parametrize(
    "words",
    [
        "**Owner:** payments · **Last reviewed:** 2026-08-30",
        "<p><strong>Owner:</strong> payments<br><strong>Last reviewed:</strong> 2026-08-30</p>",
        "_Owner: SRE (#sre) · reviewed 2026-08-30_",
        "maintained by the web team, last review 2026-06-11",
        "| Owner | Datastores |\n| --- | --- |\n| Last reviewed | 2026-10-02 |",
        "**Verantwortlich:** Team Daten · **Zuletzt geprüft:** 14.09.2026",
        "Owner: @Ines\nLast reviewed: October 20, 2026",
        "Owned by platform. Reviewed on 3 March 2026.",
    ],
)
def test_words_count_as_front_matter_does(words: str) -> None:
    assert said(STEPS.format(words)) == []


def test_an_owner_that_nobody_filled_in_is_none() -> None:
    assert said(STEPS.format("**Owner:** TBD\n\nreviewed 2026-08-30")) == [(1, "info")]


def test_a_review_long_ago_is_told_at_its_line() -> None:
    assert said(STEPS.format("Owner: @web. Last reviewed: 2025-02-11.")) == [(3, "info")]
    with clock.moved(DAY - clock.now()):
        found = faults(rule, "---\nfireline: 1\nowner: db\nreviewed: 2024-02-11\n---\n\n" + STEPS.format(""))
    assert [(one.line, one.severity) for one in found] == [(4, "warning")]
    assert "2024-02-11" in found[0].message
