"""Alerts as people look at them: the list, one with its raw signals, those of an incident."""

from __future__ import annotations

import json
import re
from typing import Any

from psycopg.types.json import Jsonb

from fireline.detect.copies import LATE
from fireline.detect.searched import literal
from fireline.errors import NotFound, Usage
from fireline.incident.people import Actor
from fireline.incident.view import alert_view
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.detect")

MOST = 500  # in one list
SIGNALS = 20  # shown with an alert, the newest
LONGEST = 100_000  # bytes of a signal that is shown
STATUSES = ("firing", "stale", "resolved")

_LARGEST = 2**63 - 1
_INCIDENT = re.compile(r"(?i)inc-0*([0-9]{1,18})")


def list_alerts(
    conn: Connection,
    actor: Actor,
    *,
    search: str | None = None,
    status: str | None = None,
    source: str | None = None,
    target: str | None = None,
    severity: str | None = None,
    label: list[str] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Alerts, newest first; `before` is the number of the last one seen: the next page.

    `source`, `target` and `severity` (the sender's word) are exact; `label` is name=value, and all of them must fit.
    `search` looks in title, key, source, target and labels, or names an incident (INC-7); `status` is firing, stale or resolved.
    """
    if status and status not in STATUSES:
        raise Usage(f"{status[:40]!r} is not a status", hint=f"It can be {' or '.join(STATUSES)}.")
    wanted = (search or "").strip()[:200]
    named = _INCIDENT.fullmatch(wanted)
    labels = _labels(label or [])
    rows = all_rows(
        conn,
        Q["alerts"],
        source=_plain(source),
        target=_plain(target),
        severity=_plain(severity),
        labels=Jsonb(labels) if labels else None,
        words=[_word(name, value) for name, value in labels.items()],
        incident=int(named[1]) if named else None,
        search=f"%{literal(wanted)}%" if wanted and not named else None,
        status=status or None,
        before=min(max(before, 0), _LARGEST) if before is not None else None,
        limit=min(max(limit, 1), MOST),
    )
    return [alert_view(row) for row in rows]


def _plain(text: str | None) -> str | None:
    return text.strip().replace("\0", "") or None if text else None


def _labels(given: list[str]) -> dict[str, str]:
    """`host=db7` as a label; raises Usage."""
    found = {}
    for one_given in given:
        name, equals, value = one_given.replace("\0", "").partition("=")
        if not equals or not name.strip():
            if not one_given.strip():
                continue
            raise Usage(f"{one_given[:60]!r} is not a label", hint="Write it as name=value.")
        found[name.strip()] = value.strip().strip('"')
    return found


def _word(name: str, value: str) -> str:
    """What of a label stands in the searched text: most alerts are ruled out by it, which costs little."""
    pair = f"{json.dumps(name)}: {json.dumps(value)}"
    return f"%{literal(pair.lower())}%" if f"{name}{value}".isascii() else "%"


def show(conn: Connection, actor: Actor, *, alert: int) -> dict[str, Any]:
    """One alert with the newest signals it was made of, as they came; secrets were taken out before they were kept."""
    row = one(conn, Q["alert"], alert=alert) if 0 <= alert <= _LARGEST else None
    if row is None:
        raise NotFound(f"there is no alert {alert}", hint="`fireline alert list` lists those there are.")
    # Its signals came in its time, or were late copies: the days of other times need not be looked at.
    first, last = row["first_at"] - LATE, max(row["last_at"], row["resolved_at"] or row["last_at"]) + 2 * LATE
    asked = {"alert": alert, "limit": SIGNALS, "longest": LONGEST, "first": first, "last": last}
    return alert_view(row) | {"signals": all_rows(conn, Q["signals_of"], **asked)}


def of_incident(conn: Connection, incident: int, *, limit: int = 50) -> list[dict[str, Any]]:
    """The alerts of an incident as people see them, firing ones first."""
    return [alert_view(row) for row in all_rows(conn, Q["alerts_of"], incident=incident, limit=limit)]
