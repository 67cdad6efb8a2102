"""`wake` puts a job for a topic into the queue, inside the caller's own transaction; `duties` says what a topic means.

The queue is an accelerator and never the memory: every topic also has a sweep that finds its work by looking at rows.
"""

from __future__ import annotations

from collections.abc import Sequence
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


_WAKE_ALL = (
    "SELECT wake(task, queue, once, %s, NULL) FROM unnest(%s::text[], %s::text[], %s::text[]) AS t (task, queue, once)"
)


def wake_all(conn: Connection, topics: Sequence[str], key: str | int) -> None:
    """The same for several topics of one row, now, in one go."""
    named = [(PREFIX + topic, QUEUES.get(topic, "fireline"), f"{topic}:{key}") for topic in topics]
    conn.execute(_WAKE_ALL, [str(key), *([one[part] for one in named] for part in range(3))])


def wake(conn: Connection, topic: str, key: str | int, *, at: datetime | None = None) -> None:
    """Ask that the work of `topic` on the row `key` be looked at, now or `at` a time; asking twice is asking once."""
    once = f"{topic}:{key}" if at is None else f"{topic}:{key}@{int(at.timestamp())}"
    conn.execute(_WAKE, [PREFIX + topic, QUEUES.get(topic, "fireline"), once, str(key), at])
