"""The tables of signals, one a day: made some days ahead, and dropped when they are too old or too large all together.

Nothing is deleted row by row, no day with a signal that waits is dropped, and nobody who sends or reads waits for this
longer than a moment: what can not be locked at once is tried again at the next sweep.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
import structlog
from psycopg import sql
from psycopg.rows import DictRow

from fireline import clock
from fireline.settings import Settings
from fireline.sizes import size
from fireline.store.connect import Connection, Store, all_rows, one, queries

Q = queries("fireline.detect")

AHEAD = 3  # days that are ready before they begin
EVERY = 30.0  # seconds between looks of one process
LOCK_WAIT = "100ms"  # others queue behind a lock that is waited for
MOST_MOVED = 10  # days that are taken out of the net in one look

log = structlog.get_logger(__name__)
_look_at = 0.0


def sweep(store: Store, settings: Settings) -> None:
    """Look after the days, now and then."""
    global _look_at  # noqa: PLW0603 - how often, not what: a lost value costs one look more
    if time.monotonic() >= _look_at:
        _look_at = time.monotonic() + EVERY
        if not look_after(store, settings):
            _look_at = 0.0


def look_after(store: Store, settings: Settings) -> bool:
    """Make what is missing and drop what is over; False when somebody was in the way, and it is to be tried again soon."""
    today = clock.now().astimezone(UTC).date()
    try:
        make_ahead(store, today)
        empty_the_net(store)
        drop_old(store, settings, today)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        log.info("a day of signals is in use; it is tried again")
        return False
    return True


def make_ahead(store: Store, today: date) -> None:
    """The tables of today and of the next days."""
    with store.transaction() as conn:
        there = {row["day"] for row in _days(conn)}
    for day in (today + timedelta(days=ahead) for ahead in range(AHEAD + 1)):
        if day not in there:
            _make(store, day)


def empty_the_net(store: Store) -> None:
    """Signals of days that nobody had made get their day, so that it can be dropped in its time."""
    for _ in range(MOST_MOVED):
        with store.transaction() as conn:
            found = one(conn, Q["day_in_the_net"])
        if found is None:
            return
        _make(store, found["day"])


def drop_old(store: Store, settings: Settings, today: date) -> list[date]:
    """Drop the days that are older than what is kept, then the oldest until all are small enough; never today's."""
    keep, most = settings.signals.keep, settings.signals.most
    with store.transaction() as conn:
        days = [row for row in _days(conn) if row["day"] < today]
        total = sum(row["bytes"] for row in _days(conn))
    dropped: list[date] = []
    for row in days:
        too_old = keep > timedelta(0) and clock.now() - _begin(row["day"] + timedelta(days=1)) >= keep
        if not too_old and not (most and total > most):
            break
        if _drop(store, row):
            dropped.append(row["day"])
            total -= row["bytes"]
    return dropped


def _days(conn: Connection) -> list[DictRow]:
    """Each day's table with its size, the oldest first."""
    return all_rows(conn, Q["signal_days"])


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _make(store: Store, day: date) -> None:
    with _alone(store) as conn:
        if conn is not None:
            one(conn, Q["make_signal_day"], day=day)


def _drop(store: Store, row: DictRow) -> bool:
    """Drop a day of which no signal waits; one that does keeps it, and is shouted about elsewhere."""
    table = sql.Identifier(row["name"])
    with _alone(store) as conn:
        if conn is None:
            return False
        conn.execute("LOCK TABLE ONLY signal IN ACCESS EXCLUSIVE MODE")
        waits = conn.execute(sql.SQL("SELECT 1 FROM {} WHERE taken_at IS NULL LIMIT 1").format(table)).fetchone()
        if waits is not None:
            return False
        conn.execute(sql.SQL("DROP TABLE {}").format(table))
    log.info("a day of signals is dropped", day=str(row["day"]), size=size(row["bytes"]))
    return True


@contextmanager
def _alone(store: Store) -> Iterator[Connection | None]:
    """A transaction that waits for no lock for long; None when another worker is at it."""
    with store.transaction() as conn:
        conn.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'".encode())
        held = one(conn, Q["hold_signal_days"])
        yield conn if held and held["held"] else None
