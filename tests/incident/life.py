"""What the tests of an incident's life look at, and the states they begin from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline import clock
from fireline.incident import findings, timeline, transitions
from fireline.incident.people import Actor
from fireline.incident.row import name
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection
from tests.incident.conftest import Open

HOUR = timedelta(hours=1)
VERDICT = {
    "cause": "idle_tx",
    "title": "An idle transaction holds a lock",
    "severity": "critical",
    "confidence": 0.97,
    "probe": {"sql": "SELECT 1", "expect": "rows = 0"},
}


def kinds(conn: Connection, incident: int) -> list[str]:
    return [event["kind"] for event in timeline.read(conn, incident)]


def last(conn: Connection, incident: int) -> dict[str, Any]:
    return timeline.read(conn, incident)[-1]


def jobs(conn: Connection) -> set[tuple[str, str]]:
    rows = conn.execute("SELECT task_name, args ->> 'key' AS key FROM procrastinate_jobs").fetchall()
    return {(row["task_name"].removeprefix("fireline."), row["key"]) for row in rows}


def red_finding(conn: Connection, incident: int) -> int:
    return findings.record(conn, incident, "main", [VERDICT], clock.now(), 800)[0]


def going_run(conn: Connection, incident: int, state: str = "waiting") -> int:
    now = clock.now()
    conn.execute(
        "INSERT INTO procedure_text (hash, revision, compiled, stored_at) VALUES ('h', 'r', '{}', %s)"
        " ON CONFLICT DO NOTHING",
        [now],
    )
    row = conn.execute(
        "INSERT INTO run (incident_id, procedure, title, state, reason, requested_by, created_at)"
        " VALUES (%s, 'h', 'Database Performance Issues', %s, '', 'anna', %s) RETURNING id",
        [incident, state, now],
    ).fetchone()
    assert row is not None
    return int(row["id"])


def resolved(conn: Connection, open_one: Open, scheme: Scheme, actor: Actor, **more: Any) -> int:
    incident = open_one(conn, **more)
    transitions.resolve(conn, actor, incident=name(incident), resolution="Ended session 4821", scheme=scheme)
    return incident


def every_operation(conn: Connection, actor: Actor, incident: str, scheme: Scheme) -> dict[str, Any]:
    """Each operation that changes an incident, ready to be called."""
    on: dict[str, Any] = {"incident": incident}
    return {
        "ack": lambda: transitions.ack(conn, actor, **on),
        "take": lambda: transitions.take(conn, actor, **on),
        "note": lambda: transitions.note(conn, actor, text="x", **on),
        "severity": lambda: transitions.severity(conn, actor, severity="P0", scheme=scheme, **on),
        "status": lambda: transitions.status(conn, actor, status="resolving", **on),
        "impact": lambda: transitions.impact(conn, actor, text="x", **on),
        "role": lambda: transitions.role(conn, actor, role="scribe", person="ben", **on),
        "resolve": lambda: transitions.resolve(conn, actor, scheme=scheme, **on),
        "reopen": lambda: transitions.reopen(conn, actor, reason="x", scheme=scheme, **on),
        "dismiss": lambda: transitions.dismiss(conn, actor, reason="x", **on),
        "close": lambda: transitions.close(conn, actor, **on),
    }
