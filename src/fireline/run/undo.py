"""What have we changed so far, and the way back: newest first, only for what really ran."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline.errors import NotFound, Refused
from fireline.incident.people import Actor
from fireline.incident.row import number
from fireline.run import ledger
from fireline.run.approve import ask
from fireline.run.ledger import Q
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows, one


def rows(
    conn: Connection, *, incident: int | None = None, run: int | None = None, target: str | None = None
) -> list[DictRow]:
    """What was really changed, newest first."""
    return all_rows(conn, Q["changes"], incident=incident, run=run, target=target)


def way_back(change: DictRow) -> str | None:
    """How a change would be put back, in words; None when there is no way that Fireline knows."""
    plan = change["plan"] or {}
    if plan.get("captured", {}).get("lines"):
        return str(plan["undo"]) if plan.get("can_undo") else None
    undo = (change["content"] or {}).get("undo")
    return str(undo["command"]) if undo else None


def view(change: DictRow) -> dict[str, Any]:
    """One change as JSON data."""
    outcome = change["outcome"] or {}
    plan = change["plan"] or {}
    back = way_back(change)
    return {
        "attempt": change["attempt"],
        "run": change["run_id"],
        "position": change["position"],
        "title": change["content"]["action"]["command"] if change["replaced"] else change["title"],
        "state": change["state"],
        "summary": outcome.get("summary") or plan.get("summary") or "",
        "at": change["finished_at"],
        "by": change["decided_by"],
        "target": change["target"],
        "undo": back is not None and change["undone_by"] is None,
        "how": back or plan.get("undo") or (change["content"] or {}).get("undo_text") or "no undo is known",
        "undone": change["undone_by"] is not None,
    }


def changes(conn: Connection, actor: Actor, *, incident: str | None = None) -> list[dict[str, Any]]:
    """What has been changed so far, newest first, and what can be put back."""
    del actor
    found = rows(conn, incident=number(incident) if incident else None)
    return [view(change) for change in found]


def request(conn: Connection, actor: Actor, world: World, *, run: int, step: int | None = None) -> list[dict[str, Any]]:
    """Ask for the undo of one step, or of all that can be undone, newest first; each wants its own approval."""
    row = ledger.lock(conn, run)
    found = [change for change in rows(conn, run=run) if step is None or change["position"] == step]
    possible = [change for change in found if change["undone_by"] is None and way_back(change) is not None]
    if not possible:
        if not found:
            raise NotFound("nothing was changed here, so there is nothing to undo")
        why = view(found[0])["how"]
        raise Refused("there is nothing that can be undone", hint=f"{found[0]['title']}: {why}.")
    asked = []
    for change in possible:
        state = one(conn, Q["step"], run=run, position=change["position"])
        assert state is not None
        waiting = one(conn, Q["approval"], run=run, position=change["position"], kind="undo")
        if waiting is None or waiting["state"] not in ("asked", "given"):
            ask(conn, world, row, state, asked_by=actor, requested_by=actor.name, kind="undo")
        asked.append(view(change))
    return asked
