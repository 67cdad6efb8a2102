"""Signals become alerts, alerts open or join incidents: in the order they came, by one worker at a time.

Whatever is wrong with one signal, the others are taken, and it is let through as an alert of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import structlog
from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.detect.batch import Batch
from fireline.detect.source import Event, event_of
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

MOST_SIGNALS = 200  # in one transaction
MOST_EVENTS = 2_000  # likewise
PATIENCE = 0.05  # seconds that the people of a new incident wait for the rest of its batch
MOST_TOLD = 5  # incidents of one transaction that are told of at once; of those behind them others are woken to tell
RECENT = timedelta(days=2)  # days that are looked at each time; one day is one table
WHOLE_EVERY = 2.0  # seconds, after which all days are looked at
TRIES = 3  # of a batch that ran into somebody who holds an incident it wants

_LARGEST = 2**63

log = structlog.get_logger(__name__)
Tell = Callable[[Connection, int], object]
Telling = Callable[[], AbstractContextManager[Tell | None]]
_Read = tuple[DictRow, list[Event], str | None]


def take(store: Store, settings: Settings, scheme: Scheme, telling: Telling = nullcontext) -> int:
    """Take all signals that wait; how many. Another worker that is at it already will see them, so then nothing.

    telling: gives what is called with each incident that was opened, in the transaction that opens it: its people need not
    wait for a wake-up then. Its block ends when that is committed.

    The look outside the lock closes the gap: who held it looks again after letting go, and whoever found it held
    had committed its signal before.
    """
    taken, limit, since = 0, MOST_SIGNALS, _since()
    while True:  # the first look is the batch itself: who comes here was told of signals
        number = _take_batch(store, settings, scheme, limit, since, telling)
        if number is None:
            break
        taken += number
        if not _any_waiting(store, since):
            break
        limit = min(MOST_SIGNALS, max(10, 2 * number))  # what a batch cut short did not get to was read in vain
    return taken


def _since() -> datetime:
    """From when on signals are looked for: the last days mostly, and all of them every now and then."""
    global _whole_at  # noqa: PLW0603 - how often, not what
    if time.monotonic() < _whole_at:
        return clock.now() - RECENT
    _whole_at = time.monotonic() + WHOLE_EVERY
    return datetime.min.replace(tzinfo=UTC)


_whole_at = 0.0


def _any_waiting(store: Store, since: datetime) -> bool:
    with store.transaction() as conn:
        return one(conn, Q["any_waiting"], since=since) is not None


def _take_batch(
    store: Store, settings: Settings, scheme: Scheme, limit: int, since: datetime, telling: Telling
) -> int | None:
    """One transaction: how many signals; None when another worker is at it."""
    for attempt in range(TRIES):
        try:
            with telling() as tell, store.transaction() as conn:
                held = one(conn, Q["hold_intake"])
                if not (held and held["held"]):
                    return None
                taken, opened = _take_signals(conn, settings, scheme, limit, since)
                _tell_of(conn, opened, tell)
                return taken
        except psycopg.errors.DeadlockDetected:
            if attempt == TRIES - 1:
                raise
    return None


def _take_signals(
    conn: Connection, settings: Settings, scheme: Scheme, limit: int, since: datetime
) -> tuple[int, tuple[int, ...]]:
    """Work through signals; once an incident has opened not for long, since its people are woken by the commit."""
    began = time.monotonic()
    signals = _within_bounds(all_rows(conn, Q["waiting_signals"], limit=limit, since=since))
    batch = Batch(conn, settings, scheme, telling=True)
    read = _with_keys(conn, [(signal, *_events(signal)) for signal in signals])
    batch.look_up({event.key for _, events, _ in read for event in events})
    taken = 0
    for signal, events, fault in read:
        _take_one(conn, batch, signal, events, fault)
        taken += 1
        if batch.opened and time.monotonic() - began > PATIENCE:
            break
    batch.write(clock.now())
    return taken, batch.opened


def _tell_of(conn: Connection, opened: Sequence[int], tell: Tell | None) -> None:
    """Have the people of the first new incidents told by us, and those of the others by whoever is woken for it."""
    for place, incident in enumerate(opened):
        if tell is None or place >= MOST_TOLD or not _told(conn, incident, tell):
            wake(conn, "tell", incident)


def _told(conn: Connection, incident: int, tell: Tell) -> bool:
    try:
        with conn.transaction():
            tell(conn, incident)
    except psycopg.errors.DeadlockDetected:
        raise
    except Exception:  # whatever is wrong with telling must not cost the incident
        if conn.closed:
            raise
        log.exception("an incident could not be told of at once", incident=incident)
        return False
    return True


def _with_keys(conn: Connection, read: list[_Read]) -> list[_Read]:
    """Whoever names an alert by its number means its key; the alert of another source is none of theirs."""
    numbers = {event.number for _, events, _ in read for event in events if event.number is not None}
    if not numbers:
        return read
    rows = all_rows(conn, Q["keys_of_alerts"], alerts=[number for number in numbers if 0 < number < _LARGEST])
    keys = {(row["id"], row["source"]): row["key"] for row in rows}

    def meant(event: Event, source: str) -> Event:
        return event if event.number is None else replace(event, key=keys.get((event.number, source), ""))

    return [(signal, [meant(event, signal["source"]) for event in events], fault) for signal, events, fault in read]


def _within_bounds(signals: list[DictRow]) -> list[DictRow]:
    """As many of the first signals as have not too many events in all; at least one."""
    total = 0
    for place, signal in enumerate(signals):
        total += len(signal["events"]) if isinstance(signal["events"], list) else 1
        if total > MOST_EVENTS:
            return signals[: max(place, 1)]
    return signals


def _events(signal: DictRow) -> tuple[list[Event], str | None]:
    """What the source's parser read; when that is unreadable here, one event that says so."""
    try:
        return [event_of(kept) for kept in signal["events"]], None
    except (TypeError, AttributeError, ValueError) as broken:
        fault = f"its events can not be read: {redact.text(str(broken))[:200]}"
        return [_as_it_came(signal)], fault


def _as_it_came(signal: DictRow) -> Event:
    return Event(
        key=f"signal:{signal['id']}",
        key_reason="the signal itself, as it could not be read",
        title=f"signal {signal['id']} from {signal['source']} could not be taken",
        text="Look at the signal itself: something is wrong, or somebody sends what Fireline does not understand.",
    )


def _take_one(conn: Connection, batch: Batch, signal: DictRow, events: list[Event], fault: str | None) -> None:
    """One signal; when the store refuses what it leads to, one alert that says so."""
    if fault is None and batch.repeats_only(events):
        batch.count(signal, events)
        return
    try:
        with conn.transaction():
            batch.take(signal, events, fault)
            return
    except psycopg.errors.DeadlockDetected:
        raise
    except Exception as broken:  # a poisoned signal must neither vanish nor stop those behind it
        if conn.closed:
            raise
        log.exception("a signal could not be taken", signal=signal["id"])
        fault = redact.text(f"{type(broken).__name__}: {broken}").splitlines()[0][:500]
    event = _as_it_came(signal)
    batch.look_up({event.key})
    with conn.transaction():
        batch.take(signal, [event], fault)
