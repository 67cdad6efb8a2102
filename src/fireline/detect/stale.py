"""Alerts that fire and that nobody repeats any more: shown as stale, since nobody knows whether they still hold.

Stale is neither well nor over: it ends no incident and turns none green. Heard again, it fires.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from fireline.incident import row, timeline
from fireline.incident.people import FIRELINE
from fireline.incident.row import ENDED
from fireline.settings import Policy
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.detect")

ENOUGH = 4  # times heard, before there is a rhythm
LEAST = timedelta(minutes=10)  # over which it was heard, so that a burst is no rhythm
TIMES = 6  # the usual time between two, until it is missed
QUIET = timedelta(hours=1)  # at the least
NAMED = 3  # titles in one sentence


def grow(conn: Connection, policy: Policy, now: datetime) -> int:
    """Call stale what nobody has repeated for policy.stale_after, or for many times as long as was usual; how many."""
    if not policy.stale_after:
        return 0
    grown = all_rows(
        conn,
        Q["grow_stale"],
        now=now,
        quiet=now - min(QUIET, policy.stale_after),
        never_later=now - policy.stale_after,
        enough=ENOUGH,
        least=LEAST,
        times=TIMES,
    )
    titles: defaultdict[int, list[str]] = defaultdict(list)
    for alert in grown:
        if alert["incident_id"] is not None:
            titles[alert["incident_id"]].append(alert["title"])
    for incident, named in sorted(titles.items()):  # in this order, as everybody who holds more than one does
        if row.lock(conn, incident)["status"] not in ENDED:
            timeline.tell(conn, incident, "alert_stale", FIRELINE, alerts=_named(named), number=len(named))
    return len(grown)


def _named(titles: list[str]) -> str:
    said = ", ".join(f"“{title}”" for title in titles[:NAMED])
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return f"The alert{'s' if len(titles) > 1 else ''} {said}{more}"


def heard_again(conn: Connection, alert: int, title: str, incident: int | None) -> None:
    """A stale alert is repeated: it fires, and its incident is told so once."""
    conn.execute(Q["heard_again"], {"alert": alert})
    last = one(conn, Q["told_of_stale"], incident=incident) if incident is not None else None
    if incident is not None and last is not None and last["kind"] == "alert_stale":
        timeline.tell(conn, incident, "alert_again", FIRELINE, alert_id=alert, title=title)
