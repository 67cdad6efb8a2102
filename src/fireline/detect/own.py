"""A signal of Fireline's own, written in the transaction that found it: the row first, intake does the rest."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from psycopg.types.json import Jsonb

from fireline import redact
from fireline.detect.source import Event
from fireline.store.connect import Connection, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")


def tell(conn: Connection, source: str, event: Event, at: datetime) -> int:
    """Store the event as a signal of the source; its number."""
    told = event.json()
    digest = hashlib.sha256(json.dumps([told, at.isoformat()], sort_keys=True).encode()).digest()
    body = {"title": event.title, "text": event.text, "by": "fireline"}
    row = one(
        conn,
        Q["store_signal"],
        source=source,
        now=at,
        digest=digest,
        body=Jsonb(redact.tree(body)),
        events=Jsonb(redact.tree([told])),
    )
    assert row is not None
    wake(conn, "intake", "all")
    return int(row["id"])
