"""What was altered around the targets: deploys and migrations that senders told of; they wake nobody and are asked for first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from fireline import redact
from fireline.detect.rules import target_of
from fireline.detect.source import Event, key
from fireline.incident.people import Actor
from fireline.settings import Settings
from fireline.store.connect import Connection, all_rows, queries

Q = queries("fireline.detect")

MOST = 200  # in one list
Kind = Literal["deploy", "migration", "setting", "other"]
_KINDS = frozenset({"deploy", "migration", "setting"})


def record(conn: Connection, settings: Settings, source: str, event: Event, seen_at: datetime) -> None:
    """Keep a change that a sender told of; told twice it is one. The label `kind` says which kind it is."""
    kind = event.labels.get("kind", "")
    at = datetime.fromisoformat(event.starts_at) if event.starts_at else seen_at
    told = {
        "kind": kind if kind in _KINDS else "other",
        "source": source,
        "target": target_of(settings, source, event),
        "title": event.title,
        "detail": redact.text(event.text),
        "by": event.by,
        "url": event.annotations.get("url", ""),
        "at": at,
        "seen_at": seen_at,
        "once": key(source, event.once or f"{event.key} {at.isoformat()}"),
        "labels": Jsonb(event.labels),
    }
    conn.execute(Q["record_change"], told)


def list_changes(
    conn: Connection,
    actor: Actor,
    *,
    target: str | None = None,
    search: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Deploys, migrations and other changes, newest first; those of one target, and those that may be about any."""
    return all_rows(
        conn,
        Q["changes"],
        target=target or None,
        since=None,
        until=None,
        before=before,
        search=f"%{search.strip()[:200]}%" if search and search.strip() else None,
        limit=min(max(limit, 1), MOST),
    )
