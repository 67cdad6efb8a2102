"""What the server's log says since a while, by kind of message; and the logins that failed."""

from __future__ import annotations

from collections import Counter

from fireline.assess.checks.log import Log
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The most serious first."""
    log = snapshot.last("log", Log)
    assert log is not None
    entries = tuple(
        {
            "severity": one.severity,
            "count": one.count,
            "first_at": one.first,
            "last_at": one.last,
            "code": one.code or None,
            "message": one.message,
            "detail": one.detail or None,
        }
        for one in log.entries[:MOST]
    )
    failed = Counter((one.user, one.host or "-", one.failed) for one in log.logins if one.failed)
    logins = tuple(
        {"user": user, "from": host, "times": times, "because": because}
        for (user, host, because), times in failed.most_common(MOST)
    )
    part = "" if log.whole else "; it was too long to be read whole"
    return Shown(
        (f"{log.source} since {log.since:%Y-%m-%d %H:%M:%S} UTC{part}",),
        (Section("Messages", entries), Section("Logins that failed", logins)),
    )


view = View("log", "The server's log by kind of message; failed logins", ("log",), show)
