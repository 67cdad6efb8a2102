"""The incident's life: how it begins, who is at it, where it stands, how it ends. Notes and judgements are in `facts`.

Each transition locks the incident's row first and leaves an event; asked for twice, it says calmly that it was done.
Everything that a person may do to an incident can be found here by name, what lives next door included.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Refused, Usage
from fireline.incident import clocks, findings
from fireline.incident.clocks import Deadline
from fireline.incident.facts import impact, note, raise_severity, role, severity
from fireline.incident.people import Actor, need
from fireline.incident.row import (
    ACTIVE,
    ENDED,
    TEXT,
    TITLE,
    TOP_RANK,
    Q,
    answer,
    clean,
    lock,
    must_be_open,
    name,
    number,
    words,
)
from fireline.incident.scheme import Scheme
from fireline.incident.timeline import tell
from fireline.incident.view import list_incidents, timeline, verify
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake

__all__ = [
    "ack",
    "advance_status",
    "close",
    "declare",
    "dismiss",
    "impact",
    "join",
    "list_incidents",
    "note",
    "number",
    "open_incident",
    "open_with_key",
    "raise_severity",
    "reopen",
    "resolve",
    "role",
    "severity",
    "status",
    "take",
    "timeline",
    "verify",
]

REASON = 500  # characters


def open_incident(
    conn: Connection,
    *,
    title: str,
    severity: str,
    severity_rank: int,
    severity_reason: str,
    target: str | None,
    group_key: str | None,
    symptom: str,
    declared_by: Actor,
    detected_at: datetime,
    response: tuple[str, datetime, datetime] | None,
    severity_by: str | None = None,
) -> int:
    """Open an incident with its response clock (phrase, at risk, due); people are told, the target is looked at.

    `severity_by` names the person who set the severity; Fireline then never raises it. A text that is too long is cut:
    what a sender writes must not keep an incident from being opened.
    """
    now = clock.now()
    detected_at = min(detected_at, now)
    said = {
        "title": clean(title, one_line=True)[:TITLE] or "Untitled",
        "reason": clean(severity_reason, one_line=True)[:TEXT],
        "symptom": clean(symptom[: 2 * TEXT])[:TEXT],
    }
    row = one(
        conn,
        Q["open_incident"],
        **said,
        severity=severity,
        rank=severity_rank,
        severity_by=severity_by,
        target=target,
        group_key=group_key,
        declared_by=declared_by.name,
        detected_at=detected_at,
        now=now,
    )
    assert row is not None
    incident = int(row["id"])
    event = {"severity": severity, "title": said["title"], "target": target, "reason": said["reason"]}
    tell(conn, incident, "opened", declared_by, **event)
    if response:
        clocks.start(conn, incident, "response", detected_at, Deadline(*response))
    for topic in ("tell", "assess", "respond"):
        if topic != "assess" or target:
            wake(conn, topic, incident)
    return incident


def open_with_key(conn: Connection, group_key: str) -> DictRow | None:
    """The newest open incident with this group key, or None."""
    return one(conn, Q["open_with_key"], group_key=group_key)


def join(
    conn: Connection, incident: int, actor: Actor, *, alert: int, source: str, title: str, key: str, reason: str
) -> bool:
    """Let an alert belong to an incident, and tell of it; False when it did already.

    The severity it brings is the caller's to judge: see `raise_severity`.
    """
    lock(conn, incident)
    if not conn.execute(Q["adopt_alert"], {"incident": incident, "alert": alert}).rowcount:
        return False
    tell(conn, incident, "alert", actor, alert_id=alert, source=source, title=title, key=key, reason=reason)
    return True


def advance_status(conn: Connection, incident: int, to: str, actor: Actor) -> bool:
    """Move an open incident forward to a status of its work; True when it moved, and never back."""
    row = lock(conn, incident)
    if row["status"] in ENDED or ACTIVE.index(to) <= ACTIVE.index(row["status"]):
        return False
    _move(conn, row, to, actor, "")
    return True


def declare(
    conn: Connection,
    actor: Actor,
    *,
    title: str,
    severity: str | None = None,
    target: str | None = None,
    symptom: str = "",
    scheme: Scheme,
) -> dict[str, Any]:
    """Declare an incident by hand; without a severity it is judged by the runbook's criteria."""
    need(actor, "responder")
    clean = words(title, "the title", limit=TITLE, one_line=True)
    complaint = words(symptom, "the symptom", required=False)
    judged, reason = (
        (scheme.find(severity), f"set by {actor.name}") if severity else scheme.judge(f"{clean}\n{complaint}")
    )
    now = clock.now()
    incident = open_incident(
        conn,
        title=clean,
        severity=judged.id,
        severity_rank=judged.rank,
        severity_reason=reason,
        severity_by=actor.name if severity and actor.is_person else None,
        target=scheme.target(target),
        group_key=None,
        symptom=complaint,
        declared_by=actor,
        detected_at=now,
        response=scheme.response(judged, now),
    )
    text = f"{name(incident)} opened as {judged.id} ({judged.name}): {clean}"
    return answer({"id": incident}, text, id=name(incident), severity=judged.id, severity_reason=reason)


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
    verdict = _acknowledge(conn, row, actor, clock.now())
    return answer(row, f"{called} acknowledged{verdict}.", acknowledged_by=actor.name)


def take(conn: Connection, actor: Actor, *, incident: str) -> dict[str, Any]:
    """Take command of an incident; acknowledges it too."""
    need(actor, "responder")
    row = lock(conn, incident)
    must_be_open(row)
    called = name(row["id"])
    if row["commander"] == actor.name and row["acknowledged_at"]:
        return answer(row, f"You command {called} already.", changed=False)
    verdict = "" if row["acknowledged_at"] else f", and it is acknowledged{_acknowledge(conn, row, actor, clock.now())}"
    if row["commander"] != actor.name:
        conn.execute(Q["set_commander"], {"incident": row["id"], "person": actor.name})
        tell(conn, row["id"], "commander", actor, person=actor.name)
    before = f" from {row['commander']}" if row["commander"] not in (None, actor.name) else ""
    return answer(row, f"You command {called} now{before}{verdict}.", commander=actor.name)


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


def resolve(
    conn: Connection, actor: Actor, *, incident: str, resolution: str = "", reason: str = "", scheme: Scheme
) -> dict[str, Any]:
    """Resolve an incident: users are well again. While its cause is still seen, only with a reason."""
    need(actor, "responder")
    how = words(resolution, "the resolution", limit=2000, required=False)
    why = words(reason, "the reason", limit=REASON, required=False, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] in ENDED:
        if row["status"] == "dismissed":
            must_be_open(row)
        return answer(row, f"{called} is {row['status']} already.", changed=False)
    _no_runs(conn, row)
    finding = findings.newest(conn, row["id"])
    red = finding is not None and finding["probe_state"] == "red"
    if finding is not None and red and not why:
        hint = f'Remove the cause first, or say why it may stay: `fireline incident resolve {called} --reason "why"`.'
        raise Refused(f"the cause is still there: {finding['title']}", hint=hint)
    now = clock.now()
    _respond(conn, row, actor, now)
    conn.execute(Q["resolve"], {"incident": row["id"], "now": now, "resolution": how or why or None, "red": red})
    tell(conn, row["id"], "resolved", actor, resolution=how, red=red, reason=why)
    if row["severity_rank"] <= TOP_RANK:
        clocks.start(conn, row["id"], "postmortem", now, scheme.postmortem(now))
    wake(conn, "tell", row["id"])
    still = ", although its cause is still there" if red else ""
    return answer(row, f"{called} is resolved{still}.", status="resolved", resolved_red=red)


def dismiss(conn: Connection, actor: Actor, *, incident: str, reason: str) -> dict[str, Any]:
    """Dismiss an incident that is none, with the reason: nobody needs to respond, and nothing is reviewed."""
    need(actor, "responder")
    why = words(reason, "the reason", limit=REASON, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] == "dismissed":
        return answer(row, f"{called} is dismissed already.", changed=False)
    must_be_open(row)
    _no_runs(conn, row)
    _respond(conn, row, actor, clock.now())
    conn.execute(Q["set_status"], {"incident": row["id"], "status": "dismissed"})
    tell(conn, row["id"], "dismissed", actor, reason=why)
    wake(conn, "tell", row["id"])
    return answer(row, f"{called} is dismissed.", status="dismissed")


def reopen(conn: Connection, actor: Actor, *, incident: str, reason: str, scheme: Scheme) -> dict[str, Any]:
    """Open an incident again that is not over after all, with the reason; it is assessed anew."""
    need(actor, "responder")
    why = words(reason, "the reason", limit=REASON, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] in ACTIVE:
        return answer(row, f"{called} is open: {row['status']}.", changed=False)
    conn.execute(Q["reopen"], {"incident": row["id"]})
    tell(conn, row["id"], "reopened", actor, reason=why)
    clocks.cancel(conn, row["id"], "postmortem")
    if not actor.is_person:  # it came back by itself: nobody is at it
        conn.execute(Q["forget_acknowledgement"], {"incident": row["id"]})
    if not actor.is_person or row["acknowledged_at"] is None:
        now = clock.now()
        severity = scheme.known(row["severity"])
        deadline = scheme.response(severity, now) if severity else None
        if deadline:
            clocks.start(conn, row["id"], "response", now, deadline)
    for topic in ("tell", "assess", "respond"):
        if topic != "assess" or row["target"]:
            wake(conn, topic, row["id"])
    return answer(row, f"{called} is open again.", status="assessing")


def close(conn: Connection, actor: Actor, *, incident: str) -> dict[str, Any]:
    """Close a resolved incident for good: it was looked back at. The two highest severities need a post-mortem."""
    need(actor, "responder")
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] == "reviewed":
        return answer(row, f"{called} is closed already.", changed=False)
    if row["status"] != "resolved":
        hint = (
            "Resolve it first."
            if row["status"] in ACTIVE
            else f'Open it again: `fireline incident reopen {called} --reason "why"`.'
        )
        raise Refused(f"{called} is {row['status']}, not resolved", hint=hint)
    if row["severity_rank"] <= TOP_RANK:
        seen = one(conn, Q["postmortem_seen"], incident=row["id"])
        if seen is None or not seen["seen"]:
            lacks = "it has no post-mortem" if seen is None else "nobody has looked at its post-mortem"
            hint = f"Read it: `fireline incident postmortem {called} --out draft.md`; save it with `--edit draft.md`."
            raise Refused(f"{called} is {row['severity']}, and {lacks}", hint=hint)
    now = clock.now()
    clocks.stop(conn, row["id"], "postmortem", now)
    conn.execute(Q["close"], {"incident": row["id"], "now": now})
    tell(conn, row["id"], "closed", actor)
    return answer(row, f"{called} is closed.", status="reviewed")


def _move(conn: Connection, row: DictRow, to: str, actor: Actor, reason: str) -> None:
    conn.execute(Q["set_status"], {"incident": row["id"], "status": to})
    tell(conn, row["id"], "status", actor, **{"from": row["status"], "to": to, "reason": reason})


def _acknowledge(conn: Connection, row: DictRow, actor: Actor, now: datetime) -> str:
    """Write down who is at it and stop the response clock; how that went, as the end of a sentence."""
    stopped = clocks.stop(conn, row["id"], "response", now)
    conn.execute(Q["acknowledge"], {"incident": row["id"], "now": now, "by": actor.name})
    tell(conn, row["id"], "acknowledged", actor, door=actor.door)
    wake(conn, "tell", row["id"])
    if stopped is None:
        return ""
    state = "in time" if clocks.state(stopped, now) == "met" else "late"
    return f", {state} for “{stopped['phrase']}”"


def _respond(conn: Connection, row: DictRow, actor: Actor, now: datetime) -> None:
    """Who ends an incident that nobody acknowledged has responded to it; when it ended by itself only the clock stops."""
    if row["acknowledged_at"] is None and actor.is_person:
        _acknowledge(conn, row, actor, now)
    else:
        clocks.stop(conn, row["id"], "response", now)


def _no_runs(conn: Connection, row: DictRow) -> None:
    going = all_rows(conn, Q["runs_going"], incident=row["id"])
    if going:
        first = going[0]
        more = f" and {len(going) - 1} more" if len(going) > 1 else ""
        hint = f"Finish it, or end it with `fireline run cancel {first['id']}`."
        raise Refused(f"run {first['id']} ({first['title']}){more} is still going", hint=hint)
