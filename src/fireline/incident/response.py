"""Who is at it: acknowledging stops the response clock, and taking command acknowledges too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.incident import clocks
from fireline.incident.people import Actor, need
from fireline.incident.row import ENDED, Q, answer, lock, must_be_open, name, words
from fireline.incident.timeline import tell
from fireline.store.connect import Connection
from fireline.store.wake import wake


def ack(conn: Connection, actor: Actor, *, incident: str, note: str = "") -> dict[str, Any]:
    """Acknowledge: you are at it. Stops the response clock, and Fireline stops waking others."""
    need(actor, "responder")
    said = words(note, "the note", required=False)
    row = lock(conn, incident)
    called = name(row["id"])
    if said:
        tell(conn, row["id"], "note", actor, text=said)
    if row["acknowledged_at"]:
        by = "you" if row["acknowledged_by"] == actor.name else row["acknowledged_by"]
        return answer(row, f"{called} was acknowledged by {by} already.", changed=bool(said))
    if row["status"] in ENDED:
        return answer(row, f"{called} is {row['status']}; nothing is left to acknowledge.", changed=bool(said))
    verdict = acknowledge(conn, row, actor, clock.now())
    return answer(row, f"{called} acknowledged{verdict}.", acknowledged_by=actor.name)


def take(conn: Connection, actor: Actor, *, incident: str) -> dict[str, Any]:
    """Take command of an incident; acknowledges it too."""
    need(actor, "responder")
    row = lock(conn, incident)
    must_be_open(row)
    called = name(row["id"])
    if row["commander"] == actor.name and row["acknowledged_at"]:
        return answer(row, f"You command {called} already.", changed=False)
    verdict = "" if row["acknowledged_at"] else f", and it is acknowledged{acknowledge(conn, row, actor, clock.now())}"
    if row["commander"] != actor.name:
        conn.execute(Q["set_commander"], {"incident": row["id"], "person": actor.name})
        tell(conn, row["id"], "commander", actor, person=actor.name)
    before = f" from {row['commander']}" if row["commander"] not in (None, actor.name) else ""
    return answer(row, f"You command {called} now{before}{verdict}.", commander=actor.name)


def acknowledge(conn: Connection, row: DictRow, actor: Actor, now: datetime) -> str:
    """Write down who is at it and stop the response clock; how that went, as the end of a sentence."""
    stopped = clocks.stop(conn, row["id"], "response", now)
    conn.execute(Q["acknowledge"], {"incident": row["id"], "now": now, "by": actor.name})
    tell(conn, row["id"], "acknowledged", actor, door=actor.door)
    wake(conn, "tell", row["id"])
    if stopped is None:
        return ""
    state = "in time" if clocks.state(stopped, now) == "met" else "late"
    return f", {state} for “{stopped['phrase']}”"


def respond(conn: Connection, row: DictRow, actor: Actor, now: datetime) -> None:
    """Who ends an incident that nobody acknowledged has responded to it; when it ended by itself only the clock stops."""
    if row["acknowledged_at"] is None and actor.is_person:
        acknowledge(conn, row, actor, now)
    else:
        clocks.stop(conn, row["id"], "response", now)
