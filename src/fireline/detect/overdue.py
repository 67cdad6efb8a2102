"""Fences that stand although their time is over: the application is kept out, and somebody must know."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.rows import DictRow

from fireline import clock
from fireline.detect import own
from fireline.detect.source import Event, key
from fireline.store.connect import Store, all_rows, queries

Q = queries("fireline.detect")

SOURCE = "fireline"
PATIENCE = timedelta(minutes=1)  # that a fence has to fall by itself; it is tried every few seconds
_MOST = 20  # in one look


def sweep(store: Store) -> int:
    """Tell of those that should have fallen, and of those told of that are gone now; how many."""
    with store.transaction() as conn:
        now = clock.now()
        standing = all_rows(conn, Q["overdue_fences"], before=now - PATIENCE, now=now, most=_MOST)
        gone = all_rows(conn, Q["told_fences_gone"], most=_MOST)
        for row in standing:
            own.tell(conn, SOURCE, _event(row, now), now)
        for row in gone:
            own.tell(conn, SOURCE, _event(row, now), now)
    return len(standing) + len(gone)


def _event(row: DictRow, now: datetime) -> Event:
    over = row["state"] == "lifted"
    stands = f"The fence of {row['database']} ({row['level']}) was to fall at {row['expires_at']:%Y-%m-%d %H:%M} UTC and stands."
    why = f" The last try: {row['error']}." if row["error"] else ""
    todo = (
        f" Look at `fireline fence status --target {row['target']}`, then `fireline unfence --target {row['target']}`."
    )
    return Event(
        key=key("fence", str(row["id"])),
        key_reason="the fence",
        title=f"the fence of {row['target']} is lifted" if over else f"the fence of {row['target']} does not fall",
        status="resolved" if over else "firing",
        text="" if over else stands + why + todo,
        severity="critical",
        target=row["target"],
        labels={"fence": str(row["id"]), "database": row["database"]},
        once=f"fence {row['id']} {now.isoformat()}",
    )
