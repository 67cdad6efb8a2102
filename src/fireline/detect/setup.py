"""The configured sources as the person sees them who sets up a sender: where to send, how, what came, and a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import Template
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from fireline import clock
from fireline.detect.door import UNKNOWN, parsers
from fireline.detect.signals import new_uid
from fireline.detect.source import Event, Source
from fireline.errors import NotFound, Usage
from fireline.incident.people import Actor, need
from fireline.settings import Settings, SourceSettings
from fireline.store.connect import Connection, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

TEST = "fireline-test"  # the label that marks a signal as one
_SPREAD = timedelta(minutes=1)  # between the moment in an id and the one that is kept


def list_sources(conn: Connection, actor: Actor, settings: Settings) -> list[dict[str, Any]]:
    """Every configured source: its format, where to send, how to set the sender up, and what came of it.

    No token is told: where it belongs stands TOKEN. Refusals of nobody that is known stand under “(unknown)”.
    """
    del actor
    formats = parsers(settings)
    states = {row["name"]: row for row in all_rows(conn, Q["source_states"])}
    found = [
        _view(name, own, formats[own.format], states.get(name), settings.server.url)
        for name, own in settings.sources.items()
    ]
    return [*found, *([_NOBODY | _counted(UNKNOWN, states[UNKNOWN])] if UNKNOWN in states else [])]


def _view(name: str, own: SourceSettings, source: Source, state: Any, url: str) -> dict[str, Any]:
    signs = own.secret is not None and source.signed
    needs_token = own.token is not None or not signs
    paths = [route.path for route in source.routes if "{" not in route.path]
    filled = {"URL": url, "NAME": name}
    return _counted(name, state) | {
        "format": source.format,
        "summary": source.summary,
        "target": own.target,
        "url": f"{url}/in/{name}",
        "url_with_token": f"{url}/in/{name}?token=TOKEN" if needs_token else f"{url}/in/{name}",
        "paths": [f"{url}{path}" for path in paths],
        "signed": signs,
        "setup": [Template(line).safe_substitute(filled) for line in source.setup],
    }


_NOBODY: dict[str, Any] = {
    "format": None,
    "summary": "deliveries that name no source, or have no token of one",
    "target": None,
    "url": None,
    "url_with_token": None,
    "paths": [],
    "signed": False,
    "setup": [],
}


def _counted(name: str, state: Any) -> dict[str, Any]:
    known = state or {}
    return {
        "source": name,
        "last_at": known.get("last_at"),
        "accepted": known.get("accepted", 0),
        "refused": known.get("refused", 0),
        "last_refusal": known.get("last_refusal"),
    }


def send_test(conn: Connection, actor: Actor, settings: Settings, *, source: str) -> dict[str, Any]:
    """Send a test as this source: it is stored, and a worker takes it like any signal.

    It says that something is over which never fired, so no alert and no incident comes of it and nobody is woken, at
    any hour and whatever the rules are. Whether the sender itself reaches the door, only the sender can show.
    """
    need(actor, "responder")
    if source not in settings.sources:
        known = ", ".join(settings.sources) or "none"
        raise NotFound(f"no source {source[:60]!r}", hint=f"There are: {known}.")
    uid, now = new_uid(), clock.now()
    event = Event(
        key=f"{TEST}:{uid}",
        key_reason="a test, which is an alert of its own",
        title=f"Test of {source} by {actor.name}",
        status="resolved",
        labels={TEST: "true"},
    )
    told = {"test": True, "by": actor.name, "title": event.title}
    row = one(conn, Q["store_test"], uid=uid, source=source, now=now, body=Jsonb(told), events=Jsonb([event.json()]))
    assert row is not None
    wake(conn, "intake", "all")
    text = f"Signal {row['id']} was stored as a test of {source}. It wakes nobody."
    return {"signal": row["id"], "source": source, "test": str(uid), "text": text}


def tested(conn: Connection, actor: Actor, *, test: str) -> dict[str, Any]:
    """What became of a test: whether a worker has taken it, and how long that took."""
    del actor
    try:
        uid = UUID(test)
        made = datetime.fromtimestamp((uid.int >> 80) / 1_000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Usage(f"{test[:40]!r} is no test") from None
    row = one(conn, Q["tested"], uid=uid, first=made - _SPREAD, last=made + _SPREAD)
    if row is None:
        raise NotFound("there is no such test", hint="It may be older than signals are kept.")
    taken = row["taken_at"]
    ms = round((taken - row["received_at"]) / timedelta(milliseconds=1)) if taken else None
    text = f"A worker took it after {ms} ms." if taken else "No worker has taken it yet."
    return {**row, "signal": row["id"], "taken": taken is not None, "ms": ms, "text": text}
