"""Alerts as people look at them: the list, one with its raw signals, those of an incident."""

from __future__ import annotations

import re
from typing import Any

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
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Alerts, newest first; `before` is the number of the last one seen: the next page.

    `search` looks in title, key, source, target and labels, or names an incident (INC-7); `status` is firing, stale or resolved.
    """
    if status and status not in STATUSES:
        raise Usage(f"{status[:40]!r} is not a status", hint=f"It can be {' or '.join(STATUSES)}.")
    wanted = (search or "").strip()[:200]
    named = _INCIDENT.fullmatch(wanted)
    rows = all_rows(
        conn,
        Q["alerts"],
        incident=int(named[1]) if named else None,
        search=f"%{literal(wanted)}%" if wanted and not named else None,
        status=status or None,
        before=min(max(before, 0), _LARGEST) if before is not None else None,
        limit=min(max(limit, 1), MOST),
    )
    return [alert_view(row) for row in rows]


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
