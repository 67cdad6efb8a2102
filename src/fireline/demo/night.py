"""One incident as the second half of the story sees it: who looks, what was seen last, and small readings of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fireline import clock
from fireline.demo.person import Person
from fireline.demo.report import Report
from fireline.demo.stage import Stage
from fireline.demo.voice import Voice

SECONDS = 30.0  # for each thing that Fireline does by itself
SHOWN = 4  # sessions of a tree

View = dict[str, Any]


class Night:
    """The incident, its people and its stage; `look` reads it anew through the API."""

    def __init__(self, stage: Stage, voice: Voice, report: Report, *, yes: bool) -> None:
        assert stage.person is not None, "set_up makes the first account"
        self.stage, self.voice, self.report, self.yes = stage, voice, report, yes
        self.person: Person = stage.person
        self.began = clock.now()
        self.name = ""
        self.view: View = {}

    def look(self, wanted: Callable[[View], Any] = lambda _: True) -> View:
        """The incident as soon as it is as wanted, or as it is when the time is over."""
        self.view = self.person.incident(self.name, lambda view: bool(wanted(view)), SECONDS)
        self.report.take(self.view)
        return self.view


def waiting(view: View) -> tuple[View, View] | None:
    """The run and the step that waits for an approval."""
    steps = ((run, step) for run in view["runs"] for step in run["steps"])
    return next((both for both in steps if both[1]["waits_for"] == "approval"), None)


def asked(view: View, position: int) -> View | None:
    """The replaced step at this position, once its plan is made and its approval asked for."""
    found = waiting(view)
    if found is None or found[1]["position"] != position or not found[1]["replaced"]:
        return None
    approval = found[1]["approval"]
    return found[1] if approval and approval["state"] == "asked" else None


def done(view: View, position: int) -> bool:
    """Whether the step at this position has succeeded."""
    steps = (step for run in view["runs"] for step in run["steps"])
    return any(step["position"] == position and step["state"] == "succeeded" for step in steps)


def finished(view: View) -> bool:
    """Whether no run goes on."""
    return all(run["state"] not in ("running", "waiting") for run in view["runs"])


def branches(tree: list[View]) -> list[str]:
    """Who waits for whom, the first few."""
    lines = [f"{'   ' * one['depth']}pid {one['pid']}  {one['text']}" for one in tree]
    if len(lines) <= SHOWN + 1:
        return lines
    return [*lines[:SHOWN], f"{'   ' * tree[SHOWN]['depth']}and {len(lines) - SHOWN} more"]


def headings(markdown: str) -> list[str]:
    """The sections of a text, each with its first line where that is a sentence."""
    lines = [line.strip() for line in markdown.splitlines() if line.strip()]
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    return [one if after.startswith(("#", "|")) else f"{one}: {after}" for one, after in pairs if one.startswith("## ")]
