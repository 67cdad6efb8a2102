"""Signals are committed in groups: one thread, one connection, one INSERT for all that wait; then each is answered.

Under load every commit carries what arrived during the one before, so that many senders share one flush to disk and
an idle server still answers at once. Nothing is answered before its row is durable.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
import structlog
from psycopg.rows import dict_row

from fireline import clock, redact
from fireline.errors import FirelineError, StoreUnavailable, Usage
from fireline.store.connect import Connection, arguments, queries
from fireline.store.wake import wake

Q = queries("fireline.detect")

MOST_AT_ONCE = 500  # signals in one commit
MOST_BYTES = 64_000_000  # of bodies waiting; memory stays flat whatever the senders do
COUNT_EVERY = 1.0  # seconds between writings of the counters

log = structlog.get_logger(__name__)


class Overloaded(FirelineError):
    """too much is waiting to be committed"""

    http_status = 503


@dataclass(frozen=True, slots=True)
class Row:
    """A signal about to be stored; body and events are JSON text without secrets."""

    source: str
    received_at: datetime
    digest: bytes
    body: str
    events: str


@dataclass(slots=True)
class _Waiting:
    row: Row
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[int]


Answer = tuple[_Waiting, int | FirelineError]


class Committer:
    """The one thread that writes signals; `offer` may be called from any event loop."""

    def __init__(self, url: str, *, limit: int) -> None:
        self._url = url
        self._limit = limit
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._inside = 0  # handed to the thread and not answered yet
        self._news = threading.Condition()
        self._closed = False
        self._conn: Connection | None = None
        self._thread: threading.Thread | None = None
        self._accepted: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._refusals: dict[str, str] = {}
        self._counted_at = 0.0

    def start(self) -> None:
        """Start the thread; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="fireline-commit", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Commit what waits, write the counters, end the thread."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()
        self._disconnect()

    @property
    def waiting(self) -> int:
        """How many signals are not committed yet."""
        return len(self._queue) + self._inside

    def offer(self, row: Row) -> asyncio.Future[int]:
        """Queue a signal; the future is its id, once committed, or StoreUnavailable. Raises Overloaded."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(row, loop, loop.create_future())
        with self._news:
            if self._closed:
                raise StoreUnavailable("the server is stopping")
            if len(self._queue) + self._inside >= self._limit or self._bytes > MOST_BYTES:
                raise Overloaded(hint="Send it again in a second.")
            self._queue.append(waiting)
            self._bytes += len(row.body) + len(row.events)
            self._news.notify()
        return waiting.answer

    def refused(self, source: str, reason: str) -> None:
        """Count a delivery that was turned away; written with the next counters."""
        with self._news:
            self._refused[source] += 1
            self._refusals[source] = reason
            self._news.notify()

    def _work(self) -> None:
        while True:
            batch = self._next()
            if batch:
                self._answer(self._commit([waiting.row for waiting in batch], batch))
                self._wake()
            self._write_counts()
            with self._news:
                if self._closed and not self._queue:
                    return

    def _next(self) -> list[_Waiting]:
        """What waits, as soon as something does; nothing once a while, so that the counters are written."""
        with self._news:
            if not self._queue and not self._closed:
                self._news.wait(COUNT_EVERY if self._refused or self._accepted else None)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
            self._inside = len(batch)
            self._bytes -= sum(len(waiting.row.body) + len(waiting.row.events) for waiting in batch)
            return batch

    def _commit(self, rows: Sequence[Row], batch: Sequence[_Waiting]) -> list[Answer]:
        try:
            ids = self._insert(rows)
        except StoreUnavailable as down:
            return [(waiting, down) for waiting in batch]
        except psycopg.DataError as wrong:
            if len(batch) > 1:  # one that PostgreSQL can not keep must not cost the others their place
                return [answer for waiting in batch for answer in self._commit([waiting.row], [waiting])]
            return [(batch[0], Usage(f"the body can not be kept: {str(wrong).splitlines()[0]}"))]
        self._accepted.update(row.source for row in rows)
        return list(zip(batch, ids, strict=True))

    def _insert(self, rows: Sequence[Row]) -> list[int]:
        """One statement is one transaction: the connection is in autocommit. A dead connection is replaced once.

        The second try may store a signal twice, when the first was committed and only its answer lost: intake counts
        the alert twice and does nothing else twice.
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
            self._disconnect()
            if not (known and broken):
                log.error("signals can not be stored", signals=len(rows), error=redact.text(str(lost)).splitlines()[0])
                raise StoreUnavailable(hint="Send it again in a second.") from lost
        return self._insert(rows)

    def _connection(self) -> Connection:
        if self._conn is None:
            self._conn = psycopg.Connection[dict[str, object]].connect(
                self._url, autocommit=True, row_factory=dict_row, **arguments("fireline-commit")
            )
        return self._conn

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _answer(self, answers: list[Answer]) -> None:
        """Tell each event loop once for all of its requests; there is room for more before they hear of it."""
        with self._news:
            self._inside = 0
        of_loop: defaultdict[asyncio.AbstractEventLoop, list[Answer]] = defaultdict(list)
        for answer in answers:
            of_loop[answer[0].loop].append(answer)
        for loop, its in of_loop.items():
            try:
                loop.call_soon_threadsafe(_complete, its)
            except RuntimeError:  # the loop is closed: nobody waits any more
                log.warning("signals committed after their server had stopped", signals=len(its))

    def _wake(self) -> None:
        """After the commit and not in it: a job that is already queued will then surely see these rows."""
        self._quick(lambda conn: wake(conn, "intake", "all"))

    def _write_counts(self) -> None:
        if time.monotonic() - self._counted_at < COUNT_EVERY and not self._closed:
            return
        with self._news:
            accepted, refused, reasons = self._accepted, self._refused, self._refusals
            self._accepted, self._refused, self._refusals = Counter(), Counter(), {}
        self._counted_at = time.monotonic()
        if accepted or refused:
            self._quick(lambda conn: _count(conn, accepted, refused, reasons))

    def _quick(self, work: Callable[[Connection], None]) -> None:
        """Something whose loss a sweep mends: not flushed to disk by itself, given up when the store is away."""
        try:
            conn = self._connection()
            with conn.transaction():
                conn.execute("SET LOCAL synchronous_commit = off")
                work(conn)
        except psycopg.Error as lost:
            log.warning("could not write beside the signals", error=redact.text(str(lost)).partition("\n")[0])
            self._disconnect()


def _complete(answers: list[Answer]) -> None:
    for waiting, result in answers:
        if waiting.answer.done():  # the sender hung up
            continue
        if isinstance(result, int):
            waiting.answer.set_result(result)
        else:
            waiting.answer.set_exception(result)


def _count(conn: Connection, accepted: Counter[str], refused: Counter[str], reasons: dict[str, str]) -> None:
    for name in sorted(accepted.keys() | refused.keys()):
        counts = {"accepted": accepted[name], "refused": refused[name], "refusal": reasons.get(name)}
        conn.execute(Q["count_source"], {"name": name, "now": clock.now(), **counts})
