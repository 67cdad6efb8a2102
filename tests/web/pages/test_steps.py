"""A run's view made ready for its page."""

from __future__ import annotations

import pytest

from fireline.web.pages.steps import asks, choices, prose, share


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


def test_a_run_asks_for_somebody_by_its_steps_and_says_how_far_it_is() -> None:
    told = {"doing": "loading rows", "done": 1, "total": 4, "unit": "rows", "seconds_left": None}
    running = {"steps": [{"state": "running", "attempts": [{"progress": None}, {"progress": told}]}]}
    waiting = {"steps": [{"state": "waiting", "attempts": []}]}
    assert (asks([running]), asks([running, waiting]), asks([])) == (False, True, False)
    assert share([running]) == 0.25
    assert share([waiting]) is None
    assert share([{"steps": [{"state": "running", "attempts": [{"progress": {**told, "total": None}}]}]}]) is None
