"""What the health of each target was: a look every few minutes, kept as a figure, the newest of them whole."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.assess import fenced, memory
from fireline.assess.diagnose import conclude
from fireline.assess.score import DIMENSIONS
from fireline.assess.snapshot import Asked
from fireline.assess.turns import FRESH_SECONDS, Busy, shared_look
from fireline.assess.view import told, views
from fireline.errors import FirelineError, NotFound
from fireline.incident.people import Actor
from fireline.run.world import World
from fireline.store.chain import plain
from fireline.store.connect import Connection, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.assess")

KEPT = timedelta(days=35)  # figures
WHOLE = 12  # looks of each target that are kept with everything they saw
LONGEST_HOURS = 24 * 35
_POINTS = 400  # of a curve
_COME_BACK = timedelta(seconds=FRESH_SECONDS)


def look_after(world: World, name: str) -> None:
    """Look at a target and keep its health; one that does not answer is kept as unknown, with the reason.

    May be called at any time, also twice at once: who finds another at the target comes back in a moment.
    """
    target = world.targets.get(name)
    if target is None:
        return
    past = memory.earlier(world.store, name, Asked().since)
    asked_at, began = clock.now(), time.monotonic()
    try:
        snapshot = shared_look(target, Asked(past=past))
        found = conclude(snapshot)
    except Busy:
        with world.store.transaction() as conn:
            wake(conn, "health", name, at=clock.now() + _COME_BACK)
        return
    except FirelineError as away:
        ms = round((time.monotonic() - began) * 1000)
        _keep(world, name, asked_at, {"away": away.message, "hint": away.hint}, ms=ms)
        return
    diagnosis = found.json()
    diagnosis["causes"] = fenced.explained(world, name, diagnosis["causes"])
    report = {"diagnosis": diagnosis, "views": [told(view, snapshot) for view in views().values()]}
    causes = [verdict.cause for verdict in found.causes]
    _keep(world, name, snapshot.taken_at, report, ms=found.duration_ms, health=found.score.json(), causes=causes)
    with world.store.transaction() as conn:
        memory.keep(conn, name, snapshot)


def _keep(
    world: World,
    name: str,
    at: datetime,
    report: dict[str, Any],
    *,
    ms: int,
    health: dict[str, Any] | None = None,
    causes: list[str] | None = None,
) -> None:
    """Write it down, and forget what is too old; a look that is kept already is not kept again."""
    sides = (health or {}).get("dimensions") or {}
    row = {
        "target": name,
        "at": at,
        "score": (health or {}).get("score"),
        "status": (health or {}).get("status", "unknown"),
        "dimensions": Jsonb({side: (sides.get(side) or {}).get("score") for side in DIMENSIONS}),
        "coverage": (health or {}).get("coverage", 0.0),
        "causes": causes or [],
        "ms": ms,
        "report": Jsonb(redact.tree(plain(report))),
    }
    with world.store.transaction() as conn:
        conn.execute(Q["keep_health"], row)
        conn.execute(Q["forget_reports"], {"target": name, "whole": WHOLE})
        conn.execute(Q["forget_health"], {"before": clock.now() - KEPT})


def sweep(world: World) -> None:
    """Wake a worker for each target that was not looked at for as long as the policy says."""
    every = world.settings.policy.look_every
    if not every or not world.targets:
        return
    with world.store.transaction() as conn:
        seen = all_rows(conn, Q["seen_lately"], since=clock.now() - every, targets=sorted(world.targets))
        for name in sorted(world.targets.keys() - {row["target"] for row in seen}):
            wake(conn, "health", name)


def list_targets(conn: Connection, actor: Actor, world: World) -> list[dict[str, Any]]:
    """Every target with its newest health: score, status, causes, when it was looked at; None where it never was."""
    del actor
    newest = {row["target"]: row for row in all_rows(conn, Q["newest_health"], targets=sorted(world.targets))}
    counts = {row["target"]: row["n"] for row in all_rows(conn, Q["open_on_targets"])}
    empty = dict.fromkeys(("taken_at", "score", "status", "coverage", "causes", "title", "ms"))
    return [
        {"target": name, **empty, **newest.get(name, {}), "incidents": counts.get(name, 0)}
        for name in sorted(world.targets)
    ]


def show_target(conn: Connection, actor: Actor, world: World, *, target: str, hours: int = 24) -> dict[str, Any]:
    """A target's newest look with everything it saw, and the curve of its score over the last hours."""
    del actor
    world.target(target)
    newest = one(conn, Q["whole_health"], target=target)
    span = timedelta(hours=min(max(hours, 1), LONGEST_HOURS))
    since = clock.now() - span
    width = span / _POINTS
    curve = all_rows(conn, Q["health_curve"], target=target, since=since, width=width)
    return {
        "target": target,
        "every_seconds": world.settings.policy.look_every.total_seconds(),
        "look": newest,
        "hours": hours,
        "history": curve,
        "incidents": all_rows(conn, Q["incidents_on_target"], target=target),
    }


def look_now(conn: Connection, actor: Actor, world: World, *, target: str) -> dict[str, Any]:
    """Have a target looked at now; the result is there in a second or two."""
    del actor
    if target not in world.targets:
        raise NotFound(f"no target {target!r}", hint=f"There are: {', '.join(sorted(world.targets)) or 'none'}.")
    wake(conn, "health", target)
    return {"target": target, "text": f"{target} is being looked at."}
