"""Sessions that wait, as several drills need them."""

from __future__ import annotations

from tests.drills.place import Place


def waiters(at: Place, statement: str, count: int, *, role: str | None = None) -> list[int]:
    """So many sessions of the application whose statement comes to wait for a lock; returns once all do."""
    pids = [at.background(statement, role=role or at.role, application=f"web-{number}") for number in range(count)]
    held_up(at, pids)
    return pids


def held_up(at: Place, pids: list[int]) -> None:
    """Wait until each of these sessions waits for a lock."""
    at.until(
        "SELECT 1 FROM (SELECT count(DISTINCT pid) AS n FROM pg_locks WHERE NOT granted AND pid = ANY (%s)) w WHERE n = %s",
        pids,
        len(pids),
    )
