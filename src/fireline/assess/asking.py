"""What a person may ask of a target: a diagnosis, its health, a check. They hold no row of the store while they look."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.assess import complaint, fenced, memory, view
from fireline.assess.diagnose import Diagnosis, conclude
from fireline.assess.log_search import checked
from fireline.assess.snapshot import Asked
from fireline.assess.turns import Busy, shared_look
from fireline.errors import Refused, Usage
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from fireline.run.world import World
from fireline.settings import duration

PATIENCE_SECONDS = 5.0  # for another look at the same target to end


def diagnose(
    actor: Actor, world: World, *, target: str | None = None, symptom: str = "", since: str = "15m", deep: bool = False
) -> dict[str, Any]:
    """Look at a target and name the root cause of what ails it."""
    del actor
    at, back = world.target(target), _back(since)
    asked = Asked(complaint.read(symptom), back, None, deep, memory.earlier(world.store, at.name, back))
    found = _look(at, asked).json()
    return {**found, "causes": fenced.explained(world, at.name, found["causes"])}


def health(actor: Actor, world: World, *, target: str | None = None) -> dict[str, Any]:
    """Look at a target and give its score, with everything that lowers it."""
    del actor
    at = world.target(target)
    return healthy(_look(at, Asked(past=memory.earlier(world.store, at.name, Asked().since))))


def check(
    actor: Actor,
    world: World,
    *,
    target: str | None = None,
    name: str | None = None,
    since: str = "15m",
    around: str = "",
    search: str = "",
) -> dict[str, Any]:
    """Look at one side of a target: connections, locks, slow-queries …; at all of them without a name.

    Of the log: around counts errors before and since that moment (ISO); search shows lines that match.
    """
    del actor
    at, back = world.target(target), _back(since)
    asked = Asked(
        since=back, past=memory.earlier(world.store, at.name, back), start=_moment(around), search=checked(search)
    )
    return view.examine(at, view.named([name] if name else None), asked)


def healthy(found: Diagnosis) -> dict[str, Any]:
    """A diagnosis as the answer to how healthy a target is: the score, and the causes by name."""
    told = found.json()
    causes = [
        {key: one[key] for key in ("cause", "title", "severity", "confidence", "objects")} for one in told["causes"]
    ]
    return {**{key: value for key, value in told.items() if key != "coverage"}, **told["score"], "causes": causes}


def _back(since: str) -> timedelta:
    try:
        return duration(since)
    except ValueError as wrong:
        raise Usage(f"since: {wrong}") from None


def _moment(around: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(around) if around else None
    except ValueError:
        raise Usage(f"around: {around!r} is no time", hint="Write it as 2026-03-01T02:40:00Z.") from None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _look(target: Target, asked: Asked) -> Diagnosis:
    """One look, or the one that somebody else took a moment ago; several people share it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return conclude(shared_look(target, asked))
        except Busy:
            if time.monotonic() > end:
                raise Refused(
                    f"another look at {target.name} is still under way", hint="Ask again in a moment."
                ) from None
            time.sleep(0.05)
