"""What would become of a delivery, told before it comes: nothing is kept, nobody is woken, nothing is started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from fireline import clock
from fireline.app.context import store_url, targets
from fireline.detect import payload as payloads
from fireline.detect.rules import rule, target_of
from fireline.detect.source import Event
from fireline.errors import RunbookError, StoreUnavailable
from fireline.incident import row as incident_row
from fireline.incident import silences
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.incident.transitions import open_with_key
from fireline.oncall.who import who_is_told
from fireline.run.respond import candidates
from fireline.run.scheme import scheme_of
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, one, queries

Q = queries("fireline.detect")

PATIENCE_SECONDS = 2  # for a store that does not answer
MOST_SHOWN = 50  # events of one delivery


def try_payload(
    actor: Actor,
    world: World,
    *,
    source: str,
    payload: str,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    path: str = "",
    method: str = "POST",
) -> dict[str, Any]:
    """Show what a delivery would become: alert, severity, group, target, procedure, who would be told; keeps nothing.

    `source` is a source of the settings or the name of a format; `path` the sender's own one, where that says something.
    """
    del actor
    given = payloads.Payload(payload.encode("utf-8", "surrogatepass"), headers or {}, query or {}, path, method)
    try:
        with world.store.transaction() as conn:
            return tried(world, conn, source, given)
    except StoreUnavailable:
        return tried(world, None, source, given)


@contextmanager
def without_a_desk(settings: Settings) -> Iterator[tuple[World, Connection | None]]:
    """What a try needs on a machine that may have nothing but the settings; the store if one answers."""
    import psycopg
    from psycopg.rows import dict_row

    from fireline.store.connect import arguments

    try:
        url = store_url(settings)
        given = {**arguments("fireline-test"), "connect_timeout": PATIENCE_SECONDS, "row_factory": dict_row}
        conn = psycopg.connect(url, **given)
    except (StoreUnavailable, psycopg.Error):
        yield World(settings, Store("", pool_size=1), targets(settings)), None
        return
    with conn:
        if conn.execute("SELECT to_regclass('alert') AS there").fetchone()["there"] is None:  # type: ignore[index]
            yield World(settings, Store(url, pool_size=1), targets(settings)), None
        else:
            yield World(settings, Store(url, pool_size=1), targets(settings)), conn
        conn.rollback()


def tried(world: World, conn: Connection | None, source: str, given: payloads.Payload) -> dict[str, Any]:
    """The whole answer. Raises Usage for a payload that the door would refuse."""
    reading = payloads.read(world.settings, source, given)
    scheme, now = scheme_of(world), clock.now()
    shown = reading.events[:MOST_SHOWN]
    notes = list(reading.notes)
    if conn is None:
        notes.append("no store answers: silences and what fires already were not looked at")
    if not shown:
        notes.append("it holds no event: it would be kept, and nothing made of it")
    return {
        "source": source,
        "format": reading.format,
        "configured": reading.configured,
        "store": conn is not None,
        "events": [_event(world, scheme, conn, source, event, now) for event in shown],
        "left_out": len(reading.events) - len(shown),
        "notes": notes,
    }


def _event(
    world: World, scheme: Scheme, conn: Connection | None, source: str, event: Event, now: datetime
) -> dict[str, Any]:
    """One event and what becomes of it."""
    same = {
        "kind": event.kind,
        "status": event.status,
        "title": event.title,
        "text": event.text,
        "key": event.key,
        "key_reason": event.key_reason,
        "said_severity": event.severity,
        "labels": event.labels,
        "target": target_of(world.settings, source, event),
    }
    if event.kind == "change":
        return same | {"outcome": "kept as a change; it wakes nobody"}
    if event.kind == "beat":
        return same | {"outcome": "a sign of life of a job; people are told when it failed or stays away"}
    newest = _newest(conn, event)
    if event.status != "firing":
        return same | {"outcome": _of_no_new_alert(event, newest, asked=conn is not None)}
    return same | _firing(world, scheme, conn, source, event, now) | {"repeats": newest}


def _newest(conn: Connection | None, event: Event) -> dict[str, Any] | None:
    """The alert with this key that fires now."""
    found = one(conn, Q["newest_alerts"], keys=[event.key]) if conn is not None else None
    if found is None or found["status"] != "firing":
        return None
    incident = incident_row.name(found["incident"]) if found["incident"] else None
    return {"alert": found["id"], "incident": incident, "ended": found["incident_status"] in incident_row.ENDED}


def _of_no_new_alert(event: Event, newest: dict[str, Any] | None, *, asked: bool) -> str:
    deed = {"resolved": "resolves", "acknowledged": "acknowledges the incident of", "noted": "writes a note to"}
    if newest is not None:
        return f"{deed[event.status]} alert {newest['alert']} of {newest['incident'] or 'no incident'}"
    if asked:
        return "no alert with this key fires: it would be kept, and nothing made of it"
    return f"{deed[event.status]} the alert with this key, if one fires"


def _firing(
    world: World, scheme: Scheme, conn: Connection | None, source: str, event: Event, now: datetime
) -> dict[str, Any]:
    ruling = rule(world.settings, scheme, source, event)
    deadline = scheme.response(ruling.severity, now)
    told = who_is_told(world.settings.contacts, ruling.severity.rank)
    held, faults = _held(conn, source, event, ruling.target, now)
    return {
        "target": ruling.target,
        "target_reason": ruling.target_reason,
        "severity": {"id": ruling.severity.id, "name": ruling.severity.name, "rank": ruling.severity.rank},
        "severity_reason": ruling.severity_reason,
        "group": ruling.group_key,
        "group_reason": ruling.group_reason,
        "fault": ruling.fault,
        "outcome": _outcome(conn, event, ruling.group_key, now - (ruling.window or world.settings.policy.group_window)),
        "procedure": _procedure(world, event),
        "told": [_place(one_place) for one_place in told if one_place.told],
        "not_told": [_place(one_place) for one_place in told if not one_place.told],
        "silences": held,
        "silence_faults": faults,
        "clock": {"phrase": deadline[0], "due_at": deadline[2]} if deadline else None,
    }


def _place(place: Any) -> dict[str, str]:
    return {"contact": place.contact, "role": place.role, "channel": place.channel, "reason": place.reason}


def _held(
    conn: Connection | None, source: str, event: Event, target: str | None, now: datetime
) -> tuple[list[str], list[str]]:
    if conn is None:
        return [], []
    alert = {
        "source": source,
        "target": target,
        "severity": event.severity,
        "title": event.title,
        "key": event.key,
        "labels": event.labels,
    }
    return silences.holding(conn, alert, now)


def _outcome(conn: Connection | None, event: Event, group: str, since: datetime) -> str:
    """Whether it opens an incident, joins one or only counts."""
    if conn is None:
        return "opens an incident, or joins the open one of its group"
    newest = _newest(conn, event)
    if newest is not None and not newest["ended"]:
        return f"repeats alert {newest['alert']}, which fires: it is counted, and nobody is told again"
    found = open_with_key(conn, group)
    if found is not None and found["opened_at"] > since:
        return f"joins {incident_row.name(found['id'])}, which is open with this group"
    return "opens an incident"


def _procedure(world: World, event: Event) -> dict[str, Any]:
    """Which procedure would be started, matched with the same words as an incident's."""
    symptom = f"{event.title}\n{event.text}".strip()
    try:
        found = candidates(world, f"{event.title}\n{symptom}", None)
    except RunbookError as unreadable:
        return {"starts": False, "matches": [], "reason": f"the runbook can not be read: {unreadable.message}"}
    threshold = world.settings.runbook.threshold
    shown = [one_found.json() for one_found in found[:3]]
    if not found:
        return {"starts": False, "matches": shown, "reason": "no procedure fits its words"}
    starts = found[0].score >= threshold
    reason = "" if starts else f"the best is below {threshold:g}, so a person is asked"
    return {"starts": starts, "matches": shown, "reason": reason}
