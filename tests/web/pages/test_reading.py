"""An incident's view made ready for its page."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import Field

from fireline.app.context import Context
from fireline.run.remedy import Outcome, Parameters, Plan, Remedy, Verdict
from fireline.web.pages import reading

THEN = datetime(2026, 3, 4, 3, 12, tzinfo=UTC)


class Told(Parameters):
    """What a session's end is told."""

    pid: int = Field(description="the session")


REMEDY = Remedy(
    "terminate-session", "resolve", "end a session", "reversible", Told,
    lambda target, told, hand: Plan("", "", "", "reversible"), lambda target, plan, hand: Outcome(True, ""),
    lambda target, plan, hand: Verdict(True, ""), None, "it connects again", argument="pid",
)  # fmt: skip
CONTEXT = cast(Context, SimpleNamespace(world=SimpleNamespace(remedies={"resolve terminate-session": REMEDY})))
COMMAND = "fireline resolve terminate-session 4821 --target main"


def event(kind: str, **payload: Any) -> dict[str, Any]:
    return {"seq": 1, "kind": kind, "at": THEN, "payload": payload}


def incident(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"status": "assessing", "detected_at": THEN, "resolved_at": None, "reviewed_at": None, "timeline": [],
            "runs": [], "verdict": None, "wanted": {"kind": "nothing", "text": "", "run": None, "position": None}}  # fmt: skip
    return {**base, **more}


def step(position: int, **more: Any) -> dict[str, Any]:
    base = {"position": position, "state": "waiting", "text": "", "title": "t", "decision": None, "command": "", "offers": [],
            "actions": ["approve"], "outcome": None}  # fmt: skip
    return {**base, **more}


def test_phases_are_behind_now_or_to_come_with_the_time_they_were_reached() -> None:
    found = reading.phases(incident(status="containing", timeline=[event("status", to="containing")]))
    assert [one["state"] for one in found] == ["done", "done", "now", "", "", ""]
    assert [one["name"] for one in found][:3] == ["Detected", "Assessed", "Containing"]
    assert [one["at"] for one in found] == [THEN, None, THEN, None, None, None]
    over = reading.phases(incident(status="resolved", resolved_at=THEN))
    assert [one["state"] for one in over] == ["done", "done", "done", "done", "now over", ""]


def test_the_step_that_is_asked_about_comes_with_the_question() -> None:
    run = {"run": 3, "state": "waiting", "steps": [step(1, actions=[]), step(2)], "procedure": {"id": "p"}}
    want = {"kind": "approve", "text": "Approve", "run": 3, "position": 2}
    told = [{**event("approval_wanted", run=3, position=2), "seq": seq} for seq in (4, 9)]
    found = reading.wanted(incident(runs=[run], wanted=want, timeline=told))
    assert found["step"]["position"] == 2
    assert found["run_view"]["run"] == 3
    assert found["event"] == 9
    gone = reading.wanted(incident(runs=[run], wanted={**want, "position": 1}))
    assert gone["step"] is None


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (COMMAND, {"phase": "resolve", "remedy": "terminate-session", "target": "main", "arguments.pid": 4821}),
        (
            "fireline resolve terminate-session 7",
            {"phase": "resolve", "remedy": "terminate-session", "target": "patient", "arguments.pid": 7},
        ),
        ("fireline resolve something-else 7", None),
        ("fireline resolve terminate-session seven", None),
        ("fireline resolve 'unclosed", None),
        ("", None),
    ],
)
def test_the_verdicts_remedy_becomes_the_fields_of_its_form(command: str, fields: dict[str, Any] | None) -> None:
    seen = incident(verdict={"target": "patient", "remedy": {"command": command}})
    found = reading.proposed(CONTEXT, seen, {"step": None})
    assert found == ({"asked": None, "fields": fields} if fields else None)


def test_a_remedy_that_is_asked_for_already_is_not_offered_twice() -> None:
    run = {"run": 4, "state": "waiting", "steps": [step(1, command=COMMAND)], "procedure": {"id": "p"}}
    seen = incident(verdict={"target": "main", "remedy": {"command": COMMAND}}, runs=[run])
    assert reading.proposed(CONTEXT, seen, {"step": None}) == {"asked": "#run-4", "fields": {}}
    above = reading.proposed(CONTEXT, seen, {"step": step(2, offers=[{"command": COMMAND}])})
    assert above == {"asked": "#wanted", "fields": {}}


def test_other_procedures_are_those_that_do_not_run_yet() -> None:
    named = [
        {"procedure": "a", "title": "A", "score": 0.7, "words": []},
        {"procedure": "b", "title": "B", "score": 0.4, "words": []},
    ]
    seen = incident(
        timeline=[event("no_match", candidates=[]), event("matched", candidates=named)],
        runs=[{"procedure": {"id": "a"}}],
    )
    assert [one["title"] for one in reading.candidates(seen)] == ["B"]
    assert reading.candidates(incident()) == []


def test_undoing_all_is_offered_for_runs_with_more_than_one_change() -> None:
    changes = [{"run": run, "undo": undo, "undone": undone} for run, undo, undone in
               [(1, True, False), (1, True, False), (2, True, False), (3, True, False), (3, False, False), (4, True, True), (4, True, False)]]  # fmt: skip
    assert reading.undoable(changes) == [1]


def test_a_tree_is_drawn_with_its_branches() -> None:
    nodes = [(0, 1), (1, 2), (2, None), (2, 3), (1, 4), (2, 5), (0, 6)]
    drawn = reading.branches([{"depth": depth, "pid": pid, "text": "x", "root": depth == 0} for depth, pid in nodes])
    assert [f"{lead}{words}" for lead, words, _ in drawn] == [
        "pid 1  x",
        "├─ pid 2  x",
        "│  ├─ x",
        "│  └─ pid 3  x",
        "└─ pid 4  x",
        "   └─ pid 5  x",
        "pid 6  x",
    ]
    assert [root for _, _, root in drawn] == [True, False, False, False, False, False, True]
