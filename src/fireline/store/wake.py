"""`wake` puts a job for a topic into the queue, inside the caller's own transaction; `duties` says what a topic means.

The queue is an accelerator and never the memory: every topic also has a sweep that finds its work by looking at rows.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from fireline.store.connect import Connection

if TYPE_CHECKING:
    import procrastinate

PREFIX = "fireline."
# What may take long has a queue of its own, so that no message and no clock waits behind it.
QUEUES = {"advance": "runs", "assess": "looks", "probe": "looks"}

_QUEUED = "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'"


@cache
def _deferrer() -> procrastinate.App:
    """An application that only defers, always on a connection it is handed; it never opens one of its own."""
    import procrastinate  # a command that only reads never wakes anyone

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def wake(conn: Connection, topic: str, key: str | int, *, at: datetime | None = None) -> None:
    """Ask that the work of `topic` on the row `key` be looked at, now or `at` a time; asking twice is asking once."""
    lock = f"{topic}:{key}" if at is None else f"{topic}:{key}@{int(at.timestamp())}"
    # A refusal by the unique index would do, but PostgreSQL writes each one into its log as an error.
    if conn.execute(_QUEUED, [lock]).fetchone() is not None:
        return
    from procrastinate.exceptions import AlreadyEnqueued

    job = _deferrer().configure_task(
        PREFIX + topic,
        allow_unknown=True,
        queue=QUEUES.get(topic, "fireline"),
        queueing_lock=lock,
        schedule_at=at,
        connection=conn,
    )
    try:
        # AlreadyEnqueued comes from a unique index and would abort the caller's transaction without the savepoint.
        with conn.transaction():
            job.defer(key=str(key))
    except AlreadyEnqueued:
        pass
