"""What people, or Fireline, say about an incident without ending it: note, severity, impact, role."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Refused, Usage
from fireline.incident import clocks, timeline
from fireline.incident.clocks import Deadline
from fireline.incident.people import Actor, need
from fireline.incident.row import ENDED, REASON, TOP_RANK, Q, answer, lock, name, words
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection
from fireline.store.wake import wake

_MOST_USERS = 2**31 - 1


def note(conn: Connection, actor: Actor, *, incident: str, text: str) -> dict[str, Any]:
    """Add a note to the timeline of an incident, whatever its state."""
    need(actor, "responder")
    row = lock(conn, incident)
    seq = timeline.tell(conn, row["id"], "note", actor, text=words(text, "the note"))
    return answer(row, f"Noted on {name(row['id'])}.", seq=seq)


def severity(
    conn: Connection, actor: Actor, *, incident: str, severity: str, reason: str = "", scheme: Scheme
) -> dict[str, Any]:
    """Say how bad an incident is; what a person says holds. The response clock is counted anew from its beginning."""
    need(actor, "responder")
    wanted = scheme.find(severity)
    why = words(reason, "the reason", limit=REASON, required=False, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["severity"] == wanted.id and row["severity_rank"] == wanted.rank:
        return answer(row, f"{called} is {wanted.id} already.", changed=False)
    if row["status"] in ("reviewed", "dismissed"):
        raise Refused(
            f"{called} is {row['status']}",
            hint=f'Open it again first: `fireline incident reopen {called} --reason "why"`.',
        )
    deadline = scheme.response(wanted, row["detected_at"])
    _set_severity(conn, actor, row, wanted.id, wanted.rank, why, deadline)
    if row["status"] == "resolved":
        if wanted.rank > TOP_RANK:
            clocks.cancel(conn, row["id"], "postmortem")
        elif row["severity_rank"] > TOP_RANK:
            clocks.start(conn, row["id"], "postmortem", row["resolved_at"], scheme.postmortem(row["resolved_at"]))
    return answer(row, f"{called} is {wanted.id} ({wanted.name}) now, before {row['severity']}.", severity=wanted.id)


def raise_severity(
    conn: Connection,
    incident: int,
    *,
    severity: str,
    severity_rank: int,
    reason: str,
    actor: Actor,
    response: tuple[str, datetime, datetime] | None,
) -> bool:
    """Raise the severity because of what was learned; never lowers it, and never overrules a person. True when raised.

    `response` is the clock of the new severity, counted from the incident's `detected_at`.
    """
    row = lock(conn, incident)
    if row["status"] in ENDED or row["severity_by"] is not None or severity_rank >= row["severity_rank"]:
        return False
    _set_severity(conn, actor, row, severity, severity_rank, reason, Deadline(*response) if response else None)
    return True


def _set_severity(
    conn: Connection, actor: Actor, row: DictRow, severity: str, rank: int, reason: str, deadline: Deadline | None
) -> None:
    """Write it down; the response clock, unless somebody has responded, is counted anew from its beginning."""
    by = actor.name if actor.is_person else None
    kept = reason or (f"set by {actor.name}" if by else "")
    conn.execute(
        Q["set_severity"], {"incident": row["id"], "severity": severity, "rank": rank, "reason": kept, "by": by}
    )
    timeline.tell(conn, row["id"], "severity", actor, **{"from": row["severity"], "to": severity, "reason": reason})
    if row["acknowledged_at"] is None and row["status"] not in ENDED:
        if deadline:
            clocks.start(conn, row["id"], "response", row["detected_at"], deadline)
        else:
            clocks.cancel(conn, row["id"], "response")
    wake(conn, "tell", row["id"])


def impact(
    conn: Connection, actor: Actor, *, incident: str, text: str = "", users: int | None = None
) -> dict[str, Any]:
    """Write down what users feel, how many of them, or both."""
    need(actor, "responder")
    said = words(text, "the impact", limit=2000, required=False)
    if not said and users is None:
        raise Usage("nothing was said about the impact", hint="Give a text, a number of users, or both.")
    if users is not None and not 0 <= users <= _MOST_USERS:
        raise Usage(f"{users} is not a number of users", hint="Give a whole number from 0 on.")
    row = lock(conn, incident)
    if said in ("", row["impact"]) and users in (None, row["users_affected"]):
        return answer(row, f"That is what stands on {name(row['id'])} already.", changed=False)
    conn.execute(Q["set_impact"], {"incident": row["id"], "text": said or None, "users": users})
    timeline.tell(conn, row["id"], "impact", actor, text=said, users=users)
    return answer(row, f"Impact of {name(row['id'])} written down.")


def role(conn: Connection, actor: Actor, *, incident: str, role: str, person: str) -> dict[str, Any]:
    """Give somebody a role in an incident, such as scribe or communication; `commander` makes them lead it."""
    need(actor, "responder")
    what = words(role, "the role", limit=60, one_line=True).casefold()
    who = words(person, "the person", limit=100, one_line=True)
    row = lock(conn, incident)
    held = {found["role"]: found["person"] for found in conn.execute(Q["roles"], {"incident": row["id"]})}
    if (row["commander"] if what == "commander" else held.get(what)) == who:
        return answer(row, f"{who} is {what} of {name(row['id'])} already.", changed=False)
    if what == "commander":
        conn.execute(Q["set_commander"], {"incident": row["id"], "person": who})
        timeline.tell(conn, row["id"], "commander", actor, person=who)
    else:
        now = clock.now()
        conn.execute(Q["set_role"], {"incident": row["id"], "role": what, "person": who, "now": now})
        timeline.tell(conn, row["id"], "role", actor, role=what, person=who)
    return answer(row, f"{who} is {what} of {name(row['id'])} now.")
