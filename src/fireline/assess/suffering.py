"""How many are seen to suffer in one look: sessions that wait for others, connections that were refused. Pure."""

from __future__ import annotations

from fireline.assess.checks.log import Log
from fireline.assess.snapshot import Snapshot

_REFUSED = ("53300", "55000", "57P03")  # no slot, database closed, server not ready


def suffering(snapshot: Snapshot) -> dict[str, int]:
    """`waiting`: client sessions that wait for another one; `refused`: connections in the log's last minutes. None is 0."""
    newest = snapshot.locks[-1] if snapshot.locks else None
    waiting = 0
    if newest is not None:
        sessions = (newest.sessions.get(pid) for pid in newest.blocked)
        waiting = sum(1 for one in sessions if one is not None and one.kind in (None, "client backend"))
    log = snapshot.last("log", Log)
    refused = sum(entry.count for entry in log.entries if entry.code in _REFUSED) if log else 0
    return {"waiting": waiting, "refused": refused}
