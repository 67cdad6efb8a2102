"""Writes signals into the store: many in one statement, durable when it returns; and beside them what need not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import structlog
from psycopg.rows import dict_row

from fireline import clock, redact
from fireline.errors import StoreUnavailable
from fireline.store.connect import Connection, arguments, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A signal about to be stored; body and events are JSON text without secrets."""

    source: str
    received_at: datetime
    digest: bytes
    body: str
    events: str

    @property
    def size(self) -> int:
        """About how much memory it holds."""
        return len(self.body) + len(self.events)


class Writer:
    """A connection of its own in autocommit, where one statement is one transaction; for one thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: Connection | None = None

    def insert(self, rows: Sequence[Row]) -> list[int]:
        """Store the signals; their numbers, in order. Raises StoreUnavailable, and psycopg.DataError for what can not be kept.

        A dead connection is replaced once. The second try may store a signal twice, when the first was committed and
        only its answer lost: intake counts the alert twice and does nothing else twice.
        """
        columns = {
            "sources": [row.source for row in rows],
            "times": [row.received_at for row in rows],
            "digests": [row.digest for row in rows],
            "bodies": [row.body for row in rows],
            "events": [row.events for row in rows],
        }
        known = self._conn is not None
        try:
            return [found["id"] for found in self._connection().execute(Q["store_signals"], columns)]
        except psycopg.DataError:
            raise
        except psycopg.Error as lost:
            broken = self._conn is None or self._conn.broken
            self.close()
            if not (known and broken):
                log.error("signals can not be stored", signals=len(rows), error=_said(lost))
                raise StoreUnavailable(hint="Send it again in a second.") from lost
        return self.insert(rows)

    def wake_intake(self) -> None:
        """After the commit and not in it: a job that is already queued will then surely see these rows."""
        self._beside(lambda conn: wake(conn, "intake", "all"))

    def count(self, accepted: Counter[str], refused: Counter[str], reasons: dict[str, str]) -> None:
        """Write what the doors took and turned away, by source."""

        def write(conn: Connection) -> None:
            for name in sorted(accepted.keys() | refused.keys()):
                counts = {"accepted": accepted[name], "refused": refused[name], "refusal": reasons.get(name)}
                conn.execute(Q["count_source"], {"name": name, "now": clock.now(), **counts})

        self._beside(write)

    def close(self) -> None:
        """Give the connection back; the next use opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _connection(self) -> Connection:
        if self._conn is None:
            self._conn = psycopg.Connection[dict[str, Any]].connect(
                self._url, autocommit=True, row_factory=dict_row, **arguments("fireline-commit")
            )
        return self._conn

    def _beside(self, work: Callable[[Connection], None]) -> None:
        """Something whose loss a sweep mends: it does not wait for the disk, and is given up when the store is away."""
        try:
            conn = self._connection()
            with conn.transaction():
                conn.execute("SET LOCAL synchronous_commit = off")
                work(conn)
        except psycopg.Error as lost:
            log.warning("could not write beside the signals", error=_said(lost))
            self.close()


def _said(fault: psycopg.Error) -> str:
    return redact.text(str(fault)).partition("\n")[0]
