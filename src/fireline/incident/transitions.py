"""The incident's life: where it stands, and by name everything that is done to it, wherever in this room that lives.

Each transition locks the incident's row first and leaves an event; asked for twice, it says calmly that it was done.
"""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline.errors import Refused, Usage
from fireline.incident.ending import close, dismiss, reopen, resolve
from fireline.incident.facts import impact, note, raise_severity, role, severity
from fireline.incident.merging import merge, split
from fireline.incident.opening import declare, join, open_incident, open_with_key
from fireline.incident.people import Actor, need
from fireline.incident.response import ack, take
from fireline.incident.row import ACTIVE, ENDED, REASON, Q, answer, lock, must_be_open, name, number, words
from fireline.incident.timeline import tell
from fireline.incident.view import list_incidents, timeline, verify
from fireline.store.connect import Connection

__all__ = [
    "ack",
    "advance_status",
    "close",
    "declare",
    "dismiss",
    "impact",
    "join",
    "list_incidents",
    "merge",
    "note",
    "number",
    "open_incident",
    "open_with_key",
    "raise_severity",
    "reopen",
    "resolve",
    "role",
    "severity",
    "split",
    "status",
    "take",
    "timeline",
    "verify",
]


def advance_status(conn: Connection, incident: int, to: str, actor: Actor) -> bool:
    """Move an open incident forward to a status of its work; True when it moved, and never back."""
    row = lock(conn, incident)
    if row["status"] in ENDED or ACTIVE.index(to) <= ACTIVE.index(row["status"]):
        return False
    _move(conn, row, to, actor, "")
    return True


def status(conn: Connection, actor: Actor, *, incident: str, status: str, reason: str = "") -> dict[str, Any]:
    """Say where an incident stands: detected, assessing, containing or resolving; going back needs a reason."""
    need(actor, "responder")
    to = status.strip().casefold()
    if to not in ACTIVE:
        verb = {"resolved": "resolve", "reviewed": "close", "closed": "close", "dismissed": "dismiss"}.get(to)
        hint = f"Use `fireline incident {verb}`." if verb else f"It can be {', '.join(ACTIVE)}."
        raise Usage(f"{to[:40]!r} is not a status to be set by hand", hint=hint)
    why = words(reason, "the reason", limit=REASON, required=False, one_line=True)
    row = lock(conn, incident)
    must_be_open(row)
    called = name(row["id"])
    if row["status"] == to:
        return answer(row, f"{called} is {to} already.", changed=False)
    if ACTIVE.index(to) < ACTIVE.index(row["status"]) and not why:
        raise Refused(f"{called} would go back from {row['status']} to {to}", hint="Say why with a reason.")
    _move(conn, row, to, actor, why)
    return answer(row, f"{called} is {to} now, before {row['status']}.", status=to)


def _move(conn: Connection, row: DictRow, to: str, actor: Actor, reason: str) -> None:
    conn.execute(Q["set_status"], {"incident": row["id"], "status": to})
    tell(conn, row["id"], "status", actor, **{"from": row["status"], "to": to, "reason": reason})
