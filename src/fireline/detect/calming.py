"""What becomes of alerts when nothing comes in: flapping ones grow calm, and those that nobody repeats grow stale.

One worker at a time, and never while signals wait: they may say otherwise.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from psycopg.rows import DictRow

from fireline import clock
from fireline.detect import stale
from fireline.detect.batch import Batch
from fireline.incident import timeline
from fireline.incident.people import FIRELINE
from fireline.incident.row import ENDED
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows, one, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

STALE_EVERY = 30.0  # seconds

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_stale_at = 0.0


def sweep(store: Store, settings: Settings, scheme: Scheme) -> int:
    """Look at both; how many alerts grew calm or stale. For stale ones not at every call, as nobody waits for it."""
    global _stale_at  # noqa: PLW0603 - how often, not what
    number = calm(store, settings, scheme)
    if time.monotonic() >= _stale_at:
        _stale_at = time.monotonic() + STALE_EVERY
        number += grow_stale(store, settings)
    return number


def calm(store: Store, settings: Settings, scheme: Scheme) -> int:
    """Let the alerts go that have not changed for the window; how many."""
    now = clock.now()
    since = now - settings.policy.flap_window
    with store.transaction() as conn:
        if not all_rows(conn, Q["calm_alerts"], since=since) or not _alone(conn):
            return 0
        found = all_rows(conn, Q["calm_alerts"], since=since)
        for alert in found:
            _let_go(conn, Batch(conn, settings, scheme), alert, now)
        return len(found)


def grow_stale(store: Store, settings: Settings) -> int:
    """Call alerts stale that nobody has repeated for long; how many."""
    with store.transaction() as conn:
        return stale.grow(conn, settings.policy, clock.now()) if _alone(conn) else 0


def _alone(conn: Connection) -> bool:
    """Whether intake is held by us now, and nothing waits for it."""
    held = one(conn, Q["hold_intake"])
    return bool(held and held["held"]) and one(conn, Q["any_waiting"], since=_LONG_AGO) is None


def _let_go(conn: Connection, batch: Batch, alert: DictRow, now: datetime) -> None:
    """It is what it was last: over; or it fires, and that is told where people still are, or anew."""
    incident, fires = alert["incident_id"], alert["flap_state"] == "firing"
    people_are_there = incident is not None and alert["incident_status"] not in ENDED
    if fires and not people_are_there:
        batch.open_again(alert, now)
        return
    if people_are_there:
        said = {"alert_id": alert["id"], "title": alert["title"], "changes": alert["flips"]}
        timeline.tell(conn, incident, "calm", FIRELINE, **said, state="it fires" if fires else "it is resolved")
    conn.execute(Q["calm"], {"alert": alert["id"]})
    if people_are_there and fires:
        wake(conn, "tell", incident)
    elif people_are_there and one(conn, Q["any_firing"], incident=incident) is None:
        wake(conn, "probe", incident)
