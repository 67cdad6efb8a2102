"""The kill switch: while it is on no step starts, anywhere; on request what runs is ended too."""

from __future__ import annotations

from typing import Any

from fireline import clock
from fireline.errors import Refused
from fireline.incident import timeline
from fireline.incident.people import Actor
from fireline.run.ledger import Q
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake


def halt(conn: Connection, actor: Actor, *, reason: str = "", running: bool = False) -> dict[str, Any]:
    """Let no step start until it is lifted; with `running`, also end what runs now."""
    already = one(conn, Q["halted"])
    if already is not None and (already["running"] or not running):
        return {"halted": True, "by": already["by"], "reason": already["reason"], "note": "it was halted already"}
    why = reason.strip() or "no reason given"
    conn.execute(Q["halt"], {"by": actor.name, "reason": why, "running": running, "at": clock.now()})
    _tell_incidents(conn, "halted", actor, reason=why)
    return {"halted": True, "by": actor.name, "reason": why, "running": running}


def lift(conn: Connection, actor: Actor) -> dict[str, Any]:
    """Let steps start again."""
    if not conn.execute(Q["lift"], {"by": actor.name, "at": clock.now()}).fetchall():
        raise Refused("nothing is halted")
    _tell_incidents(conn, "lifted", actor)
    for run in all_rows(conn, Q["open_runs"]):
        wake(conn, "advance", run["id"])
    return {"halted": False}


def show(conn: Connection, actor: Actor) -> dict[str, Any]:
    """Whether the kill switch is on, since when, by whom and why."""
    del actor
    row = one(conn, Q["halted"])
    if row is None:
        return {"halted": False}
    return {"halted": True, "by": row["by"], "reason": row["reason"], "running": row["running"], "at": row["at"]}


def _tell_incidents(conn: Connection, kind: str, actor: Actor, **payload: Any) -> None:
    for incident in sorted({run["incident_id"] for run in all_rows(conn, Q["open_runs"]) if run["incident_id"]}):
        timeline.tell(conn, incident, kind, actor, **payload)
