"""A run's view made ready for its page: the words of decisions, and what the runbook says beside a title. Pure."""

from __future__ import annotations

import re
from typing import Any

_LEAD = re.compile(r"\*\*(.+?)\*\*:?")
_LABEL = re.compile(r"\*\*[^*]+:\*\*|\*\*[^*]+\*\*:")


def ready(run: dict[str, Any]) -> dict[str, Any]:
    """A run whose steps know the words of their decision and what the runbook says beside the title."""
    steps = [
        {**step, "choices": choices(step), "prose": prose(step["text"], step["title"], step["decision"])}
        for step in run["steps"]
    ]
    return {**run, "steps": steps}


def prose(text: str, title: str, decision: str | None) -> str:
    """What the runbook says of a step besides its title and the labels of its parts."""
    lines = [line for line in text.splitlines() if not _LABEL.fullmatch(line.strip())]
    rest = "\n".join(lines).strip()
    lead = _LEAD.match(rest)
    if lead and lead[1].strip(" :.").casefold() == title.strip(" :.").casefold():
        rest = rest[lead.end() :].strip(" :\n")
    return "" if rest.casefold() in (title.casefold(), (decision or "").casefold()) else rest


def choices(step: dict[str, Any]) -> list[tuple[str, str]]:
    """What a decision may be answered with: the value and the words on its button."""
    if step["state"] == "unknown":
        return [("worked", "It worked"), ("failed", "It did not")]
    if (step.get("outcome") or {}).get("expectation"):
        return [("continue", "Go on"), ("stop", "Stop here")]
    return [("yes", "Yes, do it"), ("no", "No, not needed"), ("not possible", "Not possible")]


_BUSY = ("running", "intent", "authorised")
_STUCK = ("unknown", "failed", "timed_out")


def at_work(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each run with the step that it is at, in words, and whether that waits for a person."""
    return [{"run": run, **_at(run)} for run in runs]


def _at(run: dict[str, Any]) -> dict[str, Any]:
    steps = run["steps"]
    undo = next((step for step in steps if _undo_of(step) in ("asked", "given")), None)
    if undo is not None:
        asked = _undo_of(undo) == "asked"
        return {"step": undo, "says": "Its undo waits for a yes" if asked else "It is being undone", "asks": asked}
    step = next((step for step in steps if step["state"] in (*_BUSY, "waiting", *_STUCK)), steps[0])
    if step["state"] == "waiting" and step["waits_for"] == "approval":
        return {"step": step, "says": "Waits for a yes", "asks": True}
    words = {"intent": "Running", "authorised": "About to start", "unknown": "Nobody knows whether it happened"}
    says = words.get(step["state"], step["state"].replace("_", " ").capitalize())
    return {"step": step, "says": says, "asks": step["state"] in ("waiting", *_STUCK)}


def _undo_of(step: dict[str, Any]) -> str | None:
    asked = step["approval"] or {}
    return asked.get("state") if asked.get("kind") == "undo" else None


def share(runs: list[dict[str, Any]]) -> float | None:
    """How far the step is that runs now, of 1; None when none runs or its end is not known."""
    tries = [one for run in runs for step in run["steps"] for one in step["attempts"][-1:]]
    told = next((one["progress"] for one in tries if one["progress"] and one["progress"]["total"]), None)
    return min(told["done"] / told["total"], 1.0) if told else None
