"""Sessions that wait for each other in a ring: a deadlock in the making, which the server ends after deadlock_timeout. Pure."""

from __future__ import annotations

from fireline.assess.snapshot import LockReading, Session


def ring(reading: LockReading) -> tuple[Session, ...]:
    """The sessions of the first ring in one sample; empty when there is none."""
    for start in sorted(reading.blocked):
        path = _back_to(reading, start)
        if path and all(pid in reading.sessions for pid in path):
            return tuple(reading.sessions[pid] for pid in path)
    return ()


def _back_to(reading: LockReading, start: int) -> list[int]:
    """The shortest way from a session over those it waits for back to itself."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for blocker in reading.blocked.get(way[-1], ()):
            if blocker == start and len(way) > 1:
                return way
            if blocker not in seen:
                seen.add(blocker)
                ways.append([*way, blocker])
    return []
