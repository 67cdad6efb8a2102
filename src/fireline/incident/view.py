"""What a person sees of an incident, as JSON data; runs, matches and changes are added by `app`, which sees all rooms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Usage
from fireline.incident import changed, clocks, findings, merging, proposal, row, surroundings
from fireline.incident.people import Actor
from fireline.incident.row import ACTIVE, ENDED, TOP_RANK, Q, name
from fireline.incident.scheme import Scheme
from fireline.incident.story import sentence
from fireline.incident.timeline import broken
from fireline.store.connect import Connection, all_rows, one

ALERTS = 50  # shown at once; ten thousand may hang on one incident
EVENTS = 300
_MOST = 1000


def header(incident: DictRow, scheme: Scheme | None = None) -> dict[str, Any]:
    """The incident's own row as people see it: what a list shows and a page begins with."""
    severity = incident["severity"]
    shown = {
        "id": name(incident["id"]),
        "number": incident["id"],
        "title": incident["title"],
        "severity": {
            "id": severity,
            "name": scheme.name_of(severity) if scheme else severity,
            "rank": incident["severity_rank"],
        },
    }
    same = (
        "severity_reason", "severity_by", "status", "target", "commander", "declared_by", "symptom", "impact",
        "users_affected", "detected_at", "opened_at", "assessed_at", "acknowledged_at", "acknowledged_by",
        "resolved_at", "resolution", "resolved_red", "reviewed_at",
        "silenced_until",
    )  # fmt: skip
    merged = incident["merged_into"]
    return shown | {key: incident[key] for key in same} | {"merged_into": name(merged) if merged else None}


def list_incidents(
    conn: Connection, actor: Actor, *, status: str = "open", limit: int = 50, scheme: Scheme | None = None
) -> list[dict[str, Any]]:
    """Incidents, newest first: `open`, `all`, or those in one status."""
    known = {
        "open": ACTIVE,
        "all": (*ACTIVE, *ENDED),
        **{one_status: (one_status,) for one_status in (*ACTIVE, *ENDED)},
    }
    wanted = known.get(status.strip().casefold())
    if wanted is None:
        raise Usage(f"{status[:40]!r} is not a status", hint=f"It can be {', '.join(known)}.")
    rows = all_rows(conn, Q["incidents"], statuses=list(wanted), limit=min(max(limit, 1), _MOST))
    return [header(found, scheme) for found in rows]


def timeline(conn: Connection, actor: Actor, *, incident: str, after: int = 0) -> list[dict[str, Any]]:
    """The story of an incident from an event on, each event with its sentence."""
    return _story(conn, row.get(conn, incident)["id"], after=after, limit=None)


def verify(conn: Connection, actor: Actor, *, incident: str) -> dict[str, Any]:
    """Check that nobody has rewritten the story of an incident: each event seals the one before it."""
    found = row.get(conn, incident)
    called = name(found["id"])
    wrong = broken(conn, found["id"])
    if wrong is None:
        text = f"The timeline of {called} is whole."
    else:
        text = f"The timeline of {called} was changed: event {wrong} does not fit the seal it carries."
    return {"incident": called, "whole": wrong is None, "broken_at": wrong, "text": text}


def incident_view(conn: Connection, incident: str | int, scheme: Scheme | None = None) -> dict[str, Any]:
    """Everything about an incident that this room knows."""
    found = row.get(conn, incident)
    number, now = found["id"], clock.now()
    newest = findings.newest(conn, number)
    looks = all_rows(conn, Q["findings_of"], incident=number, limit=ALERTS)
    alerts = one(conn, Q["alerts_counted"], incident=number)
    beside = surroundings.of(conn, number)
    seen = one(conn, Q["postmortem_seen"], incident=number)
    postmortem = {
        "exists": seen is not None,
        "required": found["severity_rank"] <= TOP_RANK and found["status"] != "dismissed",
        "edited": seen is not None and seen["seen"],
    }
    shown = header(found, scheme) | {
        "roles": {held["role"]: held["person"] for held in all_rows(conn, Q["roles"], incident=number)},
        "wanted": _wanted(found, newest, postmortem),
        "clocks": [_clock(running, now) for running in clocks.of(conn, number)],
        "proposal": proposal.proposed(conn, found),
        "verdict": _finding(newest) if newest else None,
        "findings": [_finding(look) for look in looks],
        "surroundings": surroundings.view(beside),
        "estimate": surroundings.estimate(beside),
        "changed": changed.around(conn, found),
        "matches": _matches(one(conn, Q["newest_match"], incident=number)),
        "alerts": [alert_view(alert) for alert in all_rows(conn, Q["alerts_of"], incident=number, limit=ALERTS)],
        "alerts_total": alerts["all_of_them"] if alerts else 0,
        "alerts_firing": alerts["firing"] if alerts else 0,
        "alerts_stale": alerts["stale"] if alerts else 0,
        "suggested_merges": merging.suggested(conn, found, (scheme or Scheme()).policy.group_window),
        "postmortem": postmortem,
        "timeline": _story(conn, number, after=0, limit=EVENTS),
    }
    shown["timeline_from"] = shown["timeline"][0]["seq"] if shown["timeline"] else 1
    return shown


def alert_view(alert: DictRow) -> dict[str, Any]:
    """An alert as people see it."""
    same = (
        "key", "key_reason", "source", "target", "title", "status", "severity", "count", "first_at", "last_at",
        "resolved_at", "labels", "annotations", "group_reason",
    )  # fmt: skip
    owner = name(alert["incident_id"]) if alert["incident_id"] else None
    flaps = {"since": alert["flaps_since"], "changes": alert["flips"], "last": alert["flap_state"]}
    return {
        "alert": alert["id"],
        **{key: alert[key] for key in same},
        "flapping": flaps if alert["flap_state"] else None,
        "incident": owner,
    }


def _story(conn: Connection, incident: int, *, after: int, limit: int | None) -> list[dict[str, Any]]:
    events = all_rows(conn, Q["newest_events"], incident=incident, after=after, limit=limit)
    return [event | {"text": sentence(event["kind"], event["actor"], event["payload"])} for event in events]


def _matches(event: DictRow | None) -> list[dict[str, Any]]:
    """The procedures that were weighed last, the best first."""
    if event is None:
        return []
    weighed = event["payload"].get("candidates") or [event["payload"], *(event["payload"].get("alternatives") or [])]
    same = ("procedure", "title", "score", "words")
    return [{key: found.get(key) for key in same} for found in weighed if found.get("procedure")]


def _clock(found: DictRow, now: datetime) -> dict[str, Any]:
    same = ("kind", "phrase", "started_at", "at_risk_at", "due_at", "stopped_at")
    return {key: found[key] for key in same} | {"state": clocks.state(found, now)}


def _finding(found: DictRow) -> dict[str, Any]:
    own = {"finding": found["id"], "target": found["target"], "rank": found["rank"]}
    own |= {key: found[key] for key in ("taken_at", "ms", "probe_state", "probed_at")}
    return dict(found["verdict"]) | own


def _wanted(incident: DictRow, newest: DictRow | None, postmortem: dict[str, bool]) -> dict[str, Any]:
    """What this room wants of a person; a run that waits for somebody wants more, and `app` says so instead."""
    if incident["status"] in ACTIVE and incident["acknowledged_at"] is None:
        kind, text = "acknowledge", "Acknowledge: nobody has said yet that they are at it."
    elif incident["status"] in ACTIVE and newest is not None and newest["probe_state"] == "green":
        kind, text = "resolve", "The cause is gone. Resolve the incident if users are well again."
    elif incident["status"] == "resolved" and postmortem["required"] and not postmortem["edited"]:
        kind, text = "postmortem", "Read the draft of the post-mortem, complete it and save it."
    elif incident["status"] == "resolved":
        kind, text = "close", "Close the incident once nothing about it is open any more."
    else:
        kind, text = "nothing", "Nothing is wanted from you now."
    return {"kind": kind, "text": text, "run": None, "position": None}
