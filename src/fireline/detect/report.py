"""What a person reports, at the form or the command line, becomes a signal like any other."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from psycopg.types.json import Jsonb

from fireline import clock, redact, shelf
from fireline.detect.source import Inbound
from fireline.incident.people import Actor
from fireline.redact import Secret
from fireline.settings import SourceSettings
from fireline.store.connect import Connection, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

SOURCE = "report"
_ITSELF = SourceSettings(format=SOURCE, token=Secret(""))  # nobody sends it: a person says it here


def send(
    conn: Connection,
    actor: Actor,
    *,
    title: str,
    text: str = "",
    target: str | None = None,
    severity: str | None = None,
) -> dict[str, Any]:
    """Report that something is wrong, in your own words; opens an incident, or joins the one about the same."""
    told = {"title": title, "text": text, "severity": severity or "", "target": target or "", "reporter": actor.name}
    reading = shelf.read("fireline.detect.sources", "source")[SOURCE]
    [event] = reading.parse(Inbound(SOURCE, json.dumps(told).encode(), _ITSELF))
    row = one(
        conn,
        Q["store_signal"],
        source=SOURCE,
        now=clock.now(),
        digest=hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest(),
        body=Jsonb(redact.tree(told)),
        events=Jsonb(redact.tree([event.json()])),
    )
    assert row is not None
    wake(conn, "intake", "all")
    return {"status": "accepted", "signal": row["id"], "text": f"Reported: {event.title}"}
