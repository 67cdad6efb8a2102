"""Alerts that change all the time: held as one that is counted and wakes nobody again, until it is calm.

While it flaps its status stays firing, so that what hangs on it (its incident, silences) stays as it is.
"""

from __future__ import annotations

from datetime import datetime

from psycopg.rows import DictRow

from fireline.detect.source import Event
from fireline.incident import timeline
from fireline.incident.people import FIRELINE
from fireline.settings import Policy
from fireline.store.connect import Connection, one, queries

Q = queries("fireline.detect")


def changes(conn: Connection, policy: Policy, key: str, at: datetime) -> int:
    """How often the alert of this key has begun and ended within the window, when that is too often; else 0."""
    if not policy.flap_changes:
        return 0
    row = one(conn, Q["changes_of_key"], key=key, since=at - policy.flap_window)
    number = int(row["number"]) if row else 0
    return number if number >= policy.flap_changes else 0


def begin(
    conn: Connection, policy: Policy, *, alert: int, incident: int, title: str, number: int, at: datetime
) -> None:
    """Hold an alert that has just begun once too often; its incident says so."""
    conn.execute(Q["hold_flapping"], {"alert": alert, "at": at, "flips": number})
    window = f"{policy.flap_window.total_seconds() / 60:g} min"
    timeline.tell(conn, incident, "flapping", FIRELINE, alert_id=alert, title=title, changes=number, window=window)


def flip(conn: Connection, alert: int, state: str, at: datetime) -> None:
    """It has changed again: counted, and told to nobody."""
    conn.execute(Q["flip"], {"alert": alert, "state": state, "at": at})


def event_of_row(alert: DictRow) -> Event:
    """What was last said of an alert, as if it were said again."""
    same = ("key", "key_reason", "title", "severity", "target", "labels", "annotations", "once")
    own = alert["group_key"] == alert["key"]
    return Event(
        **{name: alert[name] for name in same},
        group_key="" if own else alert["group_key"],
        group_reason="" if own else alert["group_reason"],
    )
