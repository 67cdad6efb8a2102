"""Writes signals into the store: many in one statement, durable when it returns; and beside them what need not be."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from secrets import randbits
from socket import SHUT_RDWR, socket
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import dict_row

from fireline import clock, redact
from fireline.errors import StoreUnavailable
from fireline.store.connect import Connection, arguments, one, queries
from fireline.store.listen import SIGNALS
from fireline.store.wake import wake

Q = queries("fireline.detect")

_NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%s, '')"
CONNECT_SECONDS = 3  # a store that takes longer to let us in is away
STATEMENT_SECONDS = 4  # and one that takes longer to store a batch
LOCK_SECONDS = 1  # nobody who changes the table holds up a sender for longer

log = structlog.get_logger(__name__)


def new_uid() -> UUID:
    """The id of a signal, made before it is stored: of version 7, so that those of one time stand together in an index."""
    return uid_of(clock.now(), randbits(74))


def uid_of(at: datetime, chance: int = 0) -> UUID:
    """The id of that moment and this chance; with none it is the least of its millisecond."""
    ms = int(at.timestamp() * 1000)
    return UUID(int=ms << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance & (1 << 62) - 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A signal about to be stored; body and events are JSON text without secrets."""

    source: str
    received_at: datetime
    digest: bytes
    body: str
    events: str
    uid: UUID = field(default_factory=new_uid)

    @property
    def size(self) -> int:
        """About how much memory it holds."""
        return len(self.body) + len(self.events)


class Writer:
    """A connection of its own in autocommit, where one statement is one transaction; for one thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: Connection | None = None
        self._cut = False  # by another thread, since it took too long

    def insert(self, rows: Sequence[Row], *, again: bool = False) -> list[int]:
        """Store the signals; their numbers, in order. Raises StoreUnavailable, and psycopg.DataError for what can not be kept.

        again: some may be stored already, and are not stored twice. A dead connection is replaced once; whether its
        commit was done does not matter then, since each signal has an id of its own.
        """
        known, self._cut = self._conn is not None, False
        try:
            return _stored(self._connection(), rows, again=again)
        except psycopg.DataError:
            raise
        except psycopg.Error as lost:
            broken = self._conn is None or self._conn.broken
            cut = self._cut
            self.close()
            if not (known and broken) or cut:
                log.error("signals can not be stored", signals=len(rows), error=_said(lost))
                raise StoreUnavailable(hint="Send it again in a second.") from lost
        return self.insert(rows, again=True)

    def cut(self) -> None:
        """From another thread: end what waits for the store's answer for too long, as if the connection were lost."""
        with suppress(psycopg.Error, OSError, AttributeError):
            self._cut = True
            with socket(fileno=os.dup(self._conn.fileno())) as line:  # type: ignore[union-attr]
                line.shutdown(SHUT_RDWR)

    def notify(self) -> None:
        """Tell the workers that listen: one round trip, which does not wait for the disk."""
        try:
            self._connection().execute(_NOTIFY, [SIGNALS])
        except psycopg.Error as lost:  # the queue is woken a little later, and the sweep looks in any case
            log.warning("the workers were not told", error=_said(lost))
            self.close()

    def wake_intake(self) -> None:
        """After the commit and not in it: a job that is already queued will then surely see these rows."""
        self._beside(lambda conn: wake(conn, "intake", "all"))

    def count(self, accepted: Counter[str], refused: Counter[str], reasons: dict[str, str]) -> bool:
        """Write what the doors took and turned away, by source; False when it has to be tried again."""

        def write(conn: Connection) -> None:
            for name in sorted(accepted.keys() | refused.keys()):
                counts = {"accepted": accepted[name], "refused": refused[name], "refusal": reasons.get(name)}
                conn.execute(Q["count_source"], {"name": name, "now": clock.now(), **counts})

        return self._beside(write)

    def close(self) -> None:
        """Give the connection back; the next use opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
        self._cut = False

    def _connection(self) -> Connection:
        if self._conn is None:
            self._conn = _connect(self._url)
        return self._conn

    def _beside(self, work: Callable[[Connection], None]) -> bool:
        """Something whose loss a sweep mends: it does not wait for the disk, and is given up when the store is away."""
        try:
            conn = self._connection()
            with conn.transaction():
                conn.execute("SET LOCAL synchronous_commit = off")
                work(conn)
        except psycopg.Error as lost:
            log.warning("could not write beside the signals", error=_said(lost))
            self.close()
            return False
        return True


def takes_signals(url: str) -> bool:
    """Whether the store answers and can be written to."""
    try:
        with _connect(url) as conn:
            found = one(conn, "SHOW transaction_read_only")
    except psycopg.Error:
        return False
    return found == {"transaction_read_only": "off"}


def _connect(url: str) -> Connection:
    ours = arguments("fireline-commit")
    ours["options"] += f" -c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={LOCK_SECONDS}s"
    ours["connect_timeout"] = CONNECT_SECONDS
    return psycopg.Connection[dict[str, Any]].connect(url, autocommit=True, row_factory=dict_row, **ours)


def _stored(conn: Connection, rows: Sequence[Row], *, again: bool) -> list[int]:
    columns = {
        "uids": [row.uid for row in rows],
        "sources": [row.source for row in rows],
        "times": [row.received_at for row in rows],
        "digests": [row.digest for row in rows],
        "bodies": [row.body for row in rows],
        "events": [row.events for row in rows],
    }
    if not again:
        return [found["id"] for found in conn.execute(Q["store_signals"], columns)]
    conn.execute(Q["store_signals_again"], columns)
    return [found["id"] for found in conn.execute(Q["numbers_of_signals"], columns)]


def _said(fault: psycopg.Error) -> str:
    return redact.text(str(fault)).partition("\n")[0]
