"""How an incident begins: an alert or a person opens it, and alerts join it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.incident import clocks
from fireline.incident.clocks import Deadline
from fireline.incident.people import Actor, need
from fireline.incident.row import TEXT, TITLE, Q, answer, clean, lock, name, words
from fireline.incident.scheme import Scheme
from fireline.incident.timeline import tell_held
from fireline.store.connect import Connection, one
from fireline.store.wake import wake, wake_all


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
    telling: bool = False,
) -> int:
    """Open an incident with its response clock (phrase, at risk, due); people are told, the target is looked at.

    telling: the caller tells its people itself, in the same transaction.

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
    tell_held(conn, incident, "opened", declared_by, **event)
    if response:
        clocks.start(conn, incident, "response", detected_at, Deadline(*response))
    unwanted = {"tell"} if telling else set()
    unwanted |= set() if target else {"assess"}
    wake_all(
        conn, [topic for topic in ("tell", "assess", "respond", "surroundings") if topic not in unwanted], incident
    )
    return incident


def open_with_key(conn: Connection, group_key: str) -> DictRow | None:
    """The newest open incident with this group key, or None."""
    return one(conn, Q["open_with_key"], group_key=group_key)


def join(
    conn: Connection,
    incident: int,
    actor: Actor,
    *,
    alert: int,
    source: str,
    title: str,
    key: str,
    reason: str,
    opening: bool = False,
) -> bool:
    """Let an alert belong to an incident, and tell of it; False when it did already.

    The severity it brings is the caller's to judge: see `raise_severity`. opening: the incident was opened for it in this
    transaction, so that everybody is woken already.
    """
    if not opening:
        lock(conn, incident)
    if not conn.execute(Q["adopt_alert"], {"incident": incident, "alert": alert}).rowcount:
        return False
    tell_held(conn, incident, "alert", actor, alert_id=alert, source=source, title=title, key=key, reason=reason)
    if opening:
        return True
    wake(conn, "surroundings", incident)  # it may name what the others did not
    if one(conn, Q["look_again"], incident=incident, now=clock.now()):
        wake(conn, "tell", incident)  # a silence that held the others need not hold this one
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
