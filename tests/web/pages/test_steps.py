"""A run's view made ready for its page."""

from __future__ import annotations

import pytest

from fireline.web.pages.steps import choices, prose


@pytest.mark.parametrize(
    ("text", "title", "decision", "left"),
    [
        ("**Check logs:**", "Check logs", None, ""),
        ("**Check Sentry** for crash reports", "Check Sentry", None, "for crash reports"),
        ("**Restart if needed:**", "Restart", "if needed", ""),
        ("**Restart** if needed:", "Restart", "if needed", ""),
        ("**Add an index:**\n\n**Undo:**", "Add an index", None, ""),
        ("Assess impact (users affected)", "Assess impact", None, "Assess impact (users affected)"),
        ("Identify exposed data", "Identify exposed data", None, ""),
        ("**Another lead** stays", "Title", None, "**Another lead** stays"),
    ],
)
def test_what_the_runbook_says_beside_the_title(text: str, title: str, decision: str | None, left: str) -> None:
    assert prose(text, title, decision) == left


@pytest.mark.parametrize(
    ("step", "values"),
    [
        ({"state": "unknown"}, ["worked", "failed"]),
        ({"state": "waiting", "outcome": {"expectation": "rows = 0"}}, ["continue", "stop"]),
        ({"state": "waiting", "outcome": None}, ["yes", "no", "not possible"]),
    ],
)
def test_a_decision_has_the_words_of_its_question(step: dict[str, object], values: list[str]) -> None:
    assert [value for value, _ in choices(step)] == values
