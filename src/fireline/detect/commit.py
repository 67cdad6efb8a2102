"""Signals are committed in groups: one thread takes all that wait, stores them at once, and then answers each sender.

Under load every commit carries what arrived during the one before, so that many senders share one flush to disk and
an idle server still answers at once. Nothing is answered before its row is durable.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import structlog

from fireline.detect.signals import Row, Writer
from fireline.errors import FirelineError, StoreUnavailable, Usage

MOST_AT_ONCE = 500  # signals in one commit
MOST_BYTES = 64_000_000  # of bodies waiting; memory stays flat whatever the senders do
COUNT_EVERY = 1.0  # seconds between writings of the counters
WAKE_EVERY = 0.1  # seconds: in a storm intake is woken for many signals at once, the first one wakes it at once

log = structlog.get_logger(__name__)


class Overloaded(FirelineError):
    """too much is waiting to be committed"""

    http_status = 503


@dataclass(slots=True)
class _Waiting:
    row: Row
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[int]


Answer = tuple[_Waiting, int | FirelineError]


class Committer:
    """The one thread that writes signals; `offer` may be called from any event loop."""

    def __init__(self, url: str, *, limit: int) -> None:
        self._writer = Writer(url)
        self._limit = limit
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._inside = 0  # handed to the thread and not answered yet
        self._news = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._accepted: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._count_at: float | None = None  # when counters are to be written; None: nothing to write
        self._wake_at: float | None = None  # likewise, when intake is to be woken
        self._woken_at = 0.0

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
        self._writer.close()

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
            self._bytes += row.size
            self._news.notify()
        return waiting.answer

    def refused(self, source: str, reason: str) -> None:
        """Count a delivery that was turned away; written with the next counters."""
        with self._news:
            self._refused[source] += 1
            self._reasons[source] = reason
            self._count_at = self._count_at or time.monotonic() + COUNT_EVERY
            self._news.notify()

    def _work(self) -> None:
        while True:
            batch = self._next()
            if batch:
                answers = self._commit(batch)
                self._answer(answers)
            self._do_beside()
            with self._news:
                if self._closed and not self._queue:
                    return

    def _next(self) -> list[_Waiting]:
        """What waits, as soon as something does; nothing when something beside is to be done."""
        with self._news:
            if not self._queue and not self._closed:
                dues = [due for due in (self._count_at, self._wake_at) if due is not None]
                self._news.wait(max(0.0, min(dues) - time.monotonic()) if dues else None)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
            self._inside = len(batch)
            self._bytes -= sum(waiting.row.size for waiting in batch)
            return batch

    def _commit(self, batch: Sequence[_Waiting]) -> list[Answer]:
        try:
            ids = self._writer.insert([waiting.row for waiting in batch])
        except StoreUnavailable as down:
            return [(waiting, down) for waiting in batch]
        except psycopg.DataError as wrong:
            if len(batch) > 1:  # one that PostgreSQL can not keep must not cost the others their place
                return [answer for waiting in batch for answer in self._commit([waiting])]
            return [(batch[0], Usage(f"the body can not be kept: {str(wrong).splitlines()[0]}"))]
        with self._news:
            self._accepted.update(waiting.row.source for waiting in batch)
            self._count_at = self._count_at or time.monotonic() + COUNT_EVERY
        self._wake_at = self._wake_at or self._woken_at + WAKE_EVERY
        return list(zip(batch, ids, strict=True))

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

    def _do_beside(self) -> None:
        """Wake intake and write the counters, when it is time."""
        now = time.monotonic()
        if self._wake_at is not None and (now >= self._wake_at or self._closed):
            self._wake_at, self._woken_at = None, now
            self._writer.wake_intake()
        if self._count_at is not None and (now >= self._count_at or self._closed):
            with self._news:
                accepted, refused, reasons = self._accepted, self._refused, self._reasons
                self._accepted, self._refused, self._reasons, self._count_at = Counter(), Counter(), {}, None
            self._writer.count(accepted, refused, reasons)


def _complete(answers: list[Answer]) -> None:
    for waiting, result in answers:
        if waiting.answer.done():  # the sender hung up
            continue
        if isinstance(result, int):
            waiting.answer.set_result(result)
        else:
            waiting.answer.set_exception(result)
