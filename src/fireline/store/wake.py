"""`wake` puts a job for a topic into the queue, inside the caller's own transaction; `duties` says what a topic means.

The queue is an accelerator and never the memory: every topic also has a sweep that finds its work by looking at rows.
"""

from __future__ import annotations

from datetime import datetime

from fireline.store.connect import Connection

PREFIX = "fireline."
# What may take long has a queue of its own, so that no message and no clock waits behind it.
QUEUES = {
    "advance": "runs",
    "assess": "looks",
    "probe": "looks",
    "health": "looks",
    "surroundings": "around",
    "seen": "around",
    "watch": "watch",
    "settle": "runs",
    "fence": "runs",
}

_WAKE = "SELECT wake(%s, %s, %s, %s, %s)"  # procrastinate's own function inside; see the migration


def wake(conn: Connection, topic: str, key: str | int, *, at: datetime | None = None) -> None:
    """Ask that the work of `topic` on the row `key` be looked at, now or `at` a time; asking twice is asking once."""
    once = f"{topic}:{key}" if at is None else f"{topic}:{key}@{int(at.timestamp())}"
    conn.execute(_WAKE, [PREFIX + topic, QUEUES.get(topic, "fireline"), once, str(key), at])
