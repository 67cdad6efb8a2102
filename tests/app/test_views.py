"""The one thing that is wanted from a person now."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.app.views import wanted


def step(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "position": 1, "title": "Look", "state": "succeeded", "waits_for": None, "level": "read", "approval": None,
        "actions": [], "replaced": False,
    }  # fmt: skip
    return {**base, **more}


def run(*steps: dict[str, Any], state: str = "waiting") -> dict[str, Any]:
    return {"run": 3, "state": state, "steps": list(steps)}


def incident(*runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "INC-1", "status": "resolving", "acknowledged_at": "03:12", "runs": list(runs), "verdict": None,
        "matches": [], "postmortem": {"required": True, "exists": False, "seen": False},
    }  # fmt: skip
    return {**base, **more}


ASKED = {"kind": "do", "state": "asked"}

CASES = [
    (incident(status="dismissed"), "nothing"),
    (incident(status="reviewed"), "nothing"),
    (incident(status="resolved"), "postmortem"),
    (incident(status="resolved", postmortem={"required": True, "exists": True, "seen": True}), "close"),
    (incident(status="resolved", postmortem={"required": False, "exists": False}), "close"),
    (incident(acknowledged_at=None), "acknowledge"),
    (incident(run(step(state="waiting", waits_for="approval", approval=ASKED))), "approve"),
    (incident(run(step(state="waiting", waits_for="decision"))), "decide"),
    (incident(run(step(state="waiting", waits_for="input", actions=["answer"]))), "answer"),
    (incident(run(step(state="waiting", waits_for="input", actions=["tick"]))), "tick"),
    (incident(run(step(state="unknown", level="reversible"))), "unknown"),
    (incident(run(step(state="failed", level="reversible"))), "failed"),
    (incident(run(step(state="failed", level="read"), state="running")), "nothing"),
    (incident(run(step(approval={"kind": "undo", "state": "asked"}), state="waiting")), "approve"),
    (incident(run(step(approval={"kind": "undo", "state": "asked"}), state="succeeded")), "approve"),
    (
        incident(
            run(
                step(state="failed", level="reversible"),
                step(approval={"kind": "undo", "state": "asked"}),
                state="failed",
            )
        ),
        "approve",
    ),
    (incident(run(step(state="failed", level="reversible"), state="failed")), "resolve"),
    (incident(), "choose"),
    (incident(matches=[{"title": "Data Corruption"}]), "choose"),
    (incident(run(step(), state="succeeded"), verdict={"probe_state": "green"}), "resolve"),
    (incident(run(step(), state="succeeded")), "resolve"),
    (
        incident(run(step(), state="failed"), verdict={"probe_state": "red", "remedy": {"command": "fireline …"}}),
        "choose",
    ),
]


@pytest.mark.parametrize(("view", "kind"), CASES)
def test_one_thing_is_wanted_and_said_in_one_sentence(view: dict[str, Any], kind: str) -> None:
    found = wanted(view)
    assert found["kind"] == kind
    assert found["text"].endswith((".", "…"))


def test_the_newest_run_asks_first() -> None:
    old = run(step(state="waiting", waits_for="decision"))
    new = {**run(step(state="waiting", waits_for="approval", approval=ASKED)), "run": 4}
    assert wanted(incident(old, new))["run"] == 4


def test_an_approval_for_a_step_that_does_not_meet_the_cause_says_that_a_better_remedy_is_there() -> None:
    asked = run(step(state="waiting", waits_for="approval", approval=ASKED))
    assert "fits better" in wanted(incident(asked, verdict={"probe_state": "red"}))["text"]
