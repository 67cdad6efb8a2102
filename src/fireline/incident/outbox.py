"""The row that says somebody must be told; writing the message and sending it are `communicate`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.incident.row import Q
from fireline.store.chain import plain
from fireline.store.connect import Connection, one
from fireline.store.wake import wake


def queue(
    conn: Connection,
    *,
    incident: int | None,
    event: str,
    channel: str,
    contact: str,
    address: str,
    message: dict[str, Any],
    once: str,
    next_at: datetime | None = None,
    waking: bool = True,
) -> int | None:
    """Put a message in the outbox, secrets taken out, and wake `deliver`; None when `once` was queued before.

    waking: False when the caller sends it itself as soon as it is committed; the sweep finds it if that fails.
    """
    now = clock.now()
    row = one(
        conn,
        Q["queue_message"],
        incident=incident,
        event=event,
        channel=channel,
        contact=contact,
        address=address,
        message=Jsonb(redact.tree(plain(message))),
        once=once,
        next_at=next_at or now,
        now=now,
    )
    if row is None:
        return None
    if waking:
        wake(conn, "deliver", row["id"], at=next_at)
    return int(row["id"])
