"""What was altered around the targets: deploys, migrations, settings; they wake nobody and are asked for first at night."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.detect.rules import target_of
from fireline.detect.searched import literal
from fireline.detect.source import Event, key
from fireline.errors import Usage
from fireline.incident.people import Actor, need
from fireline.incident.row import REASON, TEXT, TITLE, words
from fireline.settings import Settings
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.detect")

MOST = 200  # in one list
SAID = "said"  # the source of what a person, or a job with a token, says here
Kind = Literal["deploy", "migration", "setting", "other"]
KINDS: tuple[Kind, ...] = ("deploy", "migration", "setting", "other")

_LARGEST = 2**63 - 1
_EARLIEST = 1970  # what is said to be older is a slip, and the first years have times that no calendar can hold


def record(conn: Connection, settings: Settings, source: str, event: Event, seen_at: datetime) -> None:
    """Keep a change that a sender told of; told twice it is one. The label `kind` says which kind it is."""
    kind = event.labels.get("kind", "")
    at = datetime.fromisoformat(event.starts_at) if event.starts_at else seen_at
    keep(
        conn,
        kind=kind if kind in KINDS else "other",
        source=source,
        target=target_of(settings, source, event),
        title=event.title,
        detail=redact.text(event.text),
        by=event.by,
        url=event.annotations.get("url", ""),
        at=at,
        seen_at=seen_at,
        once=key(source, event.once or f"{event.key} {at.isoformat()}"),
        labels=event.labels,
    )


def keep(
    conn: Connection,
    *,
    kind: str,
    source: str,
    target: str | None,
    title: str,
    at: datetime,
    seen_at: datetime,
    once: str,
    detail: str = "",
    by: str = "",
    url: str = "",
    not_before: datetime | None = None,
    labels: dict[str, str] | None = None,
) -> int | None:
    """Write a change down; its number, None when it stands there already.

    not_before: nobody noted when it happened, but it was between that and `at`.
    """
    told = {"kind": kind, "source": source, "target": target, "title": title, "detail": detail, "by": by, "url": url}
    when = {"not_before": not_before, "at": at, "seen_at": seen_at}
    row = one(conn, Q["record_change"], **told, **when, once=once, labels=Jsonb(labels or {}))
    return row["id"] if row else None


def add(
    conn: Connection,
    actor: Actor,
    settings: Settings,
    *,
    title: str,
    kind: str = "deploy",
    target: str | None = None,
    by: str = "",
    url: str = "",
    at: str = "",
    text: str = "",
) -> dict[str, Any]:
    """Say that something was changed: a deploy, a migration, a setting. It wakes nobody, and stands beside incidents.

    `at` is a time with its zone, now if left out; the same said twice within a minute, or of the same time, is one.
    """
    need(actor, "responder")
    now = clock.now()
    happened = _moment(at, now)
    called = words(title, "the title", limit=TITLE, one_line=True)
    link = words(url, "the address", limit=2000, required=False, one_line=True)
    if link and not link.startswith(("https://", "http://")):
        raise Usage(f"{link[:60]!r} is not an address", hint="It begins with https:// or http://.")
    about, sort = _known_target(settings, target), _known_kind(kind)
    said = f"{sort} {about or ''} {called} {link} {happened.isoformat() if at else now.strftime('%Y-%m-%dT%H:%M')}"
    number = keep(
        conn,
        kind=sort,
        source=SAID,
        target=about,
        title=called,
        detail=words(text, "the text", limit=TEXT, required=False),
        by=words(by, "the name", limit=REASON, required=False, one_line=True) or actor.name,
        url=link,
        at=happened,
        seen_at=now,
        once=key(SAID, said),
        labels={"said_by": actor.name},
    )
    done = "Written down" if number else "That was written down already"
    return {"change": number, "changed": number is not None, "text": f"{done}: {called}"}


def _moment(text: str, now: datetime) -> datetime:
    """When it happened; nothing has happened yet that is to come."""
    if not text.strip():
        return now
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found.year < _EARLIEST:
        raise Usage(f"{text[:40]!r} is not a time with its zone", hint="Write it as 2026-03-01T22:00+01:00.")
    return min(found, now)


def _known_target(settings: Settings, target: str | None) -> str | None:
    if target and target not in settings.targets:
        named = ", ".join(sorted(settings.targets)) or "none"
        raise Usage(f"no target {target[:40]!r}", hint=f"There are: {named}. Leave it out if it may be about any.")
    return target or None


def _known_kind(kind: str) -> Kind:
    for one_kind in KINDS:
        if kind.strip().casefold() == one_kind:
            return one_kind
    raise Usage(f"{kind[:40]!r} is not a kind of change", hint=f"It can be {', '.join(KINDS)}.")


def list_changes(
    conn: Connection,
    actor: Actor,
    *,
    target: str | None = None,
    kind: str | None = None,
    search: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Deploys, migrations and other changes, newest first; those of one target, and those that may be about any.

    `before` is the number of the last one seen: the next page. One with `not_before` happened between that and `at`.
    """
    wanted = (search or "").strip()[:200]
    return all_rows(
        conn,
        Q["changes"],
        target=(target or "").replace("\0", "") or None,
        kind=_known_kind(kind) if kind else None,
        before=min(max(before, 0), _LARGEST) if before is not None else None,
        search=f"%{literal(wanted)}%" if wanted else None,
        limit=min(max(limit, 1), MOST),
    )
