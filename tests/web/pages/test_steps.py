"""A run's view made ready for its page."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.web.pages.steps import at_work, choices, prose, share


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


@pytest.mark.parametrize(
    ("state", "waits", "approval", "says", "asks"),
    [
        ("waiting", "approval", None, "Waits for a yes", True),
        ("waiting", "input", None, "Waiting", True),
        ("running", None, None, "Running", False),
        ("authorised", None, None, "About to start", False),
        ("unknown", None, None, "Nobody knows whether it happened", True),
        ("succeeded", None, {"kind": "undo", "state": "asked"}, "Its undo waits for a yes", True),
        ("succeeded", None, {"kind": "undo", "state": "given"}, "It is being undone", False),
    ],
)
def test_where_a_run_is_and_whether_it_asks_for_somebody(
    state: str, waits: str | None, approval: dict[str, str] | None, says: str, asks: bool
) -> None:
    done: dict[str, Any] = {"state": "succeeded", "waits_for": None, "approval": None, "attempts": []}
    here: dict[str, Any] = {"state": state, "waits_for": waits, "approval": approval, "attempts": []}
    told = at_work([{"steps": [done, here]}])[0]
    assert (told["step"], told["says"], told["asks"]) == (here, says, asks)


def test_how_far_the_step_is_that_runs() -> None:
    told = {"doing": "loading rows", "done": 1, "total": 4, "unit": "rows", "seconds_left": None}
    assert share([{"steps": [{"attempts": [{"progress": None}, {"progress": told}]}]}]) == 0.25
    assert share([{"steps": [{"attempts": []}, {"attempts": [{"progress": {**told, "total": None}}]}]}]) is None
