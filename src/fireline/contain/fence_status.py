"""What a fence is at this moment: its level, its steps, and who can still write."""

from __future__ import annotations

from typing import Any

import psycopg

from fireline.errors import FirelineError
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence.ground import stand
from fireline.recovery.fence.proof import prove
from fireline.recovery.fence.rows import Fence, Step, last
from fireline.recovery.fence.way import holds
from fireline.run.world import World
from fireline.store.connect import Connection


def status(actor: Actor, world: World, *, target: str | None = None) -> dict[str, Any]:
    """Whether a fence stands around a target, until when, who can still write, and what was done; looked at now."""
    del actor
    there = world.target(target)
    with world.store.transaction() as conn:
        fence = fences.standing(conn, there.name) or last(conn, there.name)
        passing = fences.standing(conn, there.name, passing=True)
    return _row(there, fence) | {"swap": _swap(passing)} | _seen(there, fence)


def known(conn: Connection, target: Target) -> dict[str, Any]:
    """The same as the store knows it, as of when the fence was last looked at; the target is not asked."""
    fence = fences.standing(conn, target.name) or last(conn, target.name)
    proof = (fence.proof or {}) if fence else {}
    stands = fence is not None and fence.state != "lifted"
    return _row(target, fence) | {
        "swap": _swap(fences.standing(conn, target.name, passing=True)),
        "can_write": proof.get("can_write") if stands else None,
        "steps": [_step(step, None) for step in fence.steps] if fence else [],
        "proof": proof if stands and proof else None,
        "residue": proof.get("residue", []) if stands else [],
        "unknown": None,
    }


def _swap(passing: Fence | None) -> dict[str, Any] | None:
    """The fence of a swap that is under way."""
    if passing is None:
        return None
    return {"database": passing.database, "since": passing.raised_at, "until": passing.expires_at}


def _row(target: Target, fence: Fence | None) -> dict[str, Any]:
    """What the store knows."""
    if fence is None:
        return {"target": target.name, "level": None, "state": "none", "since": None, "until": None, "by": None, "reason": None,
                "error": None, "lifted_at": None, "lifted_by": None}  # fmt: skip
    return {
        "target": target.name,
        "level": fence.level,
        "state": fence.state,
        "since": fence.raised_at,
        "until": fence.expires_at,
        "by": fence.by,
        "reason": fence.reason,
        "error": fence.error,
        "lifted_at": fence.lifted_at,
        "lifted_by": fence.lifted_by,
    }


def _seen(target: Target, fence: Fence | None) -> dict[str, Any]:
    """What the server shows."""
    if fence is None or fence.state == "lifted":
        return {"can_write": None, "steps": [_step(step, None) for step in fence.steps] if fence else [], "proof": None, "residue": [], "unknown": None}  # fmt: skip
    try:
        with stand(target) as ground:
            proof = prove(ground, fence.level, tries=1)
            steps = [_step(step, holds(ground, step) if step.stands else None) for step in fence.steps]
    except (FirelineError, psycopg.Error) as away:
        said = away.message if isinstance(away, FirelineError) else "the server did not let us look"
        return {"can_write": None, "steps": [_step(step, None) for step in fence.steps], "proof": fence.proof, "residue": [], "unknown": said}  # fmt: skip
    return {
        "can_write": proof["can_write"],
        "steps": steps,
        "proof": proof,
        "residue": proof["residue"],
        "unknown": None,
    }


def _step(step: Step, stands: bool | None) -> dict[str, Any]:
    return {
        "what": step.title,
        "why": step.why,
        "stops_not": step.stops_not,
        "state": step.state,
        "holds": stands,
        "said": step.said,
        "before": step.captured["before"],
        "act": step.act,
        "inverse": step.inverse,
    }
