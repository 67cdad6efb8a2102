"""What was changed around an incident's target in the 24 hours before its first signal and since, the likeliest first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.incident.row import Q
from fireline.store.connect import Connection, all_rows

BEFORE = timedelta(hours=24)
MOST = 50  # shown; `total` counts them all

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def around(conn: Connection, incident: DictRow) -> list[dict[str, Any]]:
    """Changes of its target and those that may be about any: what was before the first signal, the nearest first, then the rest.

    Each says in `when` how long before or after the first signal it was. Of an incident without a target, changes of all.
    """
    began = incident["detected_at"]
    found = all_rows(
        conn,
        Q["changed_around"],
        target=incident["target"],
        since=began - BEFORE,
        began=began,
        until=incident["resolved_at"] or clock.now(),
        limit=MOST,
    )
    return [row | {"when": when(began, row["not_before"], row["at"])} for row in found]


def when(began: datetime, earliest: datetime | None, latest: datetime) -> str:
    """How long before or after a moment something was, `8 min before`; or between which times, where nobody noted when."""
    if earliest is None or earliest == latest:
        return _away(began, latest)
    if latest <= began:
        return f"{_length(began - latest)} to {_away(began, earliest)}"
    if earliest >= began:
        return f"{_length(earliest - began)} to {_away(began, latest)}"
    return f"between {_away(began, earliest)} and {_away(began, latest)}"


def _away(began: datetime, at: datetime) -> str:
    return f"{_length(at - began)} after" if at > began else f"{_length(began - at)} before"


def _length(span: timedelta) -> str:
    """A length of time in at most two units, the second one only beside days and hours."""
    seconds = int(span.total_seconds())
    for place, (unit, size) in enumerate(_UNITS):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            smaller, its_size = _UNITS[min(place + 1, len(_UNITS) - 1)]
            more = rest // its_size if unit in ("d", "h") else 0
            return f"{whole} {unit} {more} {smaller}" if more else f"{whole} {unit}"
    return "0 s"
