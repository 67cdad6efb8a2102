"""Signals are committed in groups: one thread takes all that wait, stores them at once, and then answers each sender.

Under load every commit carries what arrived during the one before, so that many senders share one flush to disk and
an idle server still answers at once. Nothing is answered before it is durable: a row, or while the store is away a line
of the journal, which becomes a row before anything newer does.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg
import structlog

from fireline.detect.journal import Journal, JournalFull
from fireline.detect.lookout import Lookout
from fireline.detect.signals import Row, Writer
from fireline.detect.source import Event, Kept, key
from fireline.errors import FirelineError, StoreUnavailable, Usage

MOST_AT_ONCE = 500  # signals in one commit
MOST_BYTES = 64_000_000  # of bodies waiting; memory stays flat whatever the senders do
COUNT_EVERY = 1.0  # seconds between writings of the counters
NOTIFY_EVERY = 0.02  # seconds: in a storm workers are told of many signals at once, of the first one at once
WAKE_AFTER = 0.25  # seconds until the queue is woken too, in case that nobody listened
WAKE_EVERY = 1.0  # seconds
ADOPT_EVERY = 30.0  # seconds between looks for what a server that died has left
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds from reading to durable

log = structlog.get_logger(__name__)


class Overloaded(FirelineError):
    """too much is waiting to be committed"""

    http_status = 503


@dataclass(slots=True)
class _Waiting:
    row: Row
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Kept]
    since: float = field(default_factory=time.monotonic)


Answer = tuple[_Waiting, Kept | FirelineError]


@dataclass
class Latency:
    """How long signals waited until they were durable: how many in each bucket, the last one for what took longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Committer:
    """The one thread that writes signals; `offer` may be called from any event loop."""

    def __init__(self, url: str, *, limit: int, journal: Journal | None = None) -> None:
        self._writer = Writer(url)
        self._lookout = Lookout(url, self._writer.cut, self._notice)
        self.journal = journal
        self.latency = Latency()
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
        self._notify_at: float | None = None  # likewise, when the workers are to be told
        self._notified_at = 0.0
        self._adopt_at = 0.0 if journal else None
        self._replayed = 0

    def start(self) -> None:
        """Start the thread; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="fireline-commit", daemon=True)
            self._thread.start()
            self._lookout.start()

    def close(self) -> None:
        """Commit what waits, write the counters, end the thread."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()
        self._lookout.close()
        self._writer.close()
        if self.journal is not None:
            self.journal.close()

    @property
    def waiting(self) -> int:
        """How many signals are not committed yet."""
        return len(self._queue) + self._inside

    @property
    def away(self) -> bool:
        """Whether signals go to the journal, as the store takes none."""
        return self._lookout.away

    def offer(self, row: Row) -> asyncio.Future[Kept]:
        """Queue a signal; the future is its number once committed, its uid once in the journal, or StoreUnavailable.

        Raises Overloaded.
        """
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

    def _notice(self) -> None:
        """There is something to do that the thread can not see by itself."""
        with self._news:
            self._news.notify()

    def _work(self) -> None:
        self._do_beside()  # what a dead server has left goes before anything that comes
        while True:
            batch = self._next()
            if batch:
                answers = self._keep(batch)
                self._answer(answers)
            self._replay()
            self._do_beside()
            with self._news:
                if self._closed and not self._queue:
                    return

    def _next(self) -> list[_Waiting]:
        """What waits, as soon as something does; nothing when something beside is to be done."""
        with self._news:
            if not self._queue and not self._closed and not self._to_replay:
                ours = (self._count_at, self._wake_at, self._notify_at) if not self.away else ()
                dues = [due for due in (*ours, self._adopt_at) if due is not None]
                self._news.wait(max(0.0, min(dues) - time.monotonic()) if dues else None)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
            self._inside = len(batch)
            self._bytes -= sum(waiting.row.size for waiting in batch)
            return batch

    @property
    def _to_replay(self) -> bool:
        return self.journal is not None and self.journal.signals > 0 and not self.away

    def _keep(self, batch: Sequence[_Waiting]) -> list[Answer]:
        """Make each durable: in the store, else in the journal; behind what is in the journal already, so that order holds."""
        if self.journal is not None and (self.away or self.journal.signals):
            return self._write_down(batch)
        try:
            ids = self._insert([waiting.row for waiting in batch])
        except StoreUnavailable as down:
            return self._write_down(batch) if self.journal is not None else [(waiting, down) for waiting in batch]
        except psycopg.DataError as wrong:
            if len(batch) > 1:  # one that PostgreSQL can not keep must not cost the others their place
                return [answer for waiting in batch for answer in self._keep([waiting])]
            return [(batch[0], Usage(f"the body can not be kept: {str(wrong).splitlines()[0]}"))]
        return list(zip(batch, ids, strict=True))

    def _insert(self, rows: Sequence[Row], *, again: bool = False) -> list[int]:
        """Store them; what intake and the counters are owed for it is noted."""
        self._lookout.busy()
        try:
            ids = self._writer.insert(rows, again=again)
        except StoreUnavailable:
            if self.journal is not None:
                self._lookout.lost()
            raise
        finally:
            self._lookout.free()
        with self._news:
            self._accepted.update(row.source for row in rows)
            self._count_at = self._count_at or time.monotonic() + COUNT_EVERY
        self._notify_at = self._notify_at or self._notified_at + NOTIFY_EVERY
        self._wake_at = self._wake_at or max(time.monotonic() + WAKE_AFTER, self._woken_at + WAKE_EVERY)
        return ids

    def _write_down(self, batch: Sequence[_Waiting]) -> list[Answer]:
        """Into the journal."""
        assert self.journal is not None
        if not self.journal.signals:
            log.error("signals go to the journal", folder=str(self.journal.folder))
        try:
            self.journal.append([waiting.row for waiting in batch])
        except JournalFull as full:
            return [(waiting, full) for waiting in batch]
        return [(waiting, str(waiting.row.uid)) for waiting in batch]

    def _replay(self) -> None:
        """Store the oldest lines of the journal; a few at a time, as new ones are answered in between."""
        if self.journal is None or not self._to_replay:
            return
        rows = self.journal.read(MOST_AT_ONCE)
        try:
            self._insert_whatever_they_are(rows)
        except StoreUnavailable:
            return
        self.journal.strike()
        self._replayed += len(rows)
        if not self.journal.signals:
            log.warning("the journal is in the store", signals=self._replayed)
            self._replayed = 0

    def _insert_whatever_they_are(self, rows: list[Row]) -> None:
        """Their senders were answered long ago: what PostgreSQL can not keep is kept as an alert that says so."""
        if not rows:
            return
        try:
            self._insert(rows, again=True)
        except psycopg.DataError as wrong:
            if len(rows) == 1:
                rows = [_as_text(rows[0], str(wrong).splitlines()[0])]
                self._insert(rows, again=True)
                return
            for row in rows:
                self._insert_whatever_they_are([row])

    def _answer(self, answers: list[Answer]) -> None:
        """Tell each event loop once for all of its requests; there is room for more before they hear of it."""
        with self._news:
            self._inside = 0
        now = time.monotonic()
        for waiting, _ in answers:
            self.latency.add(now - waiting.since)
        of_loop: defaultdict[asyncio.AbstractEventLoop, list[Answer]] = defaultdict(list)
        for answer in answers:
            of_loop[answer[0].loop].append(answer)
        for loop, its in of_loop.items():
            try:
                loop.call_soon_threadsafe(_complete, its)
            except RuntimeError:  # the loop is closed: nobody waits any more
                log.warning("signals committed after their server had stopped", signals=len(its))

    def _do_beside(self) -> None:
        """Tell the workers, write the counters, look for journals of the dead, when it is time."""
        now = time.monotonic()
        if self.journal is not None and self._adopt_at is not None and now >= self._adopt_at:
            self._adopt_at = now + ADOPT_EVERY
            if found := self.journal.adopt():
                log.warning("the journal of a server that died is taken over", signals=found)
        if self.away:
            return
        if self._notify_at is not None and now >= self._notify_at:
            self._notify_at, self._notified_at = None, now
            self._writer.notify()
        if self._wake_at is not None and (now >= self._wake_at or self._closed):
            self._wake_at, self._woken_at = None, now
            self._writer.wake_intake()
        if self._count_at is not None and (now >= self._count_at or self._closed):
            with self._news:
                accepted, refused, reasons = self._accepted, self._refused, self._reasons
                self._accepted, self._refused, self._reasons, self._count_at = Counter(), Counter(), {}, None
            if not self._writer.count(accepted, refused, reasons):
                self._count_again(accepted, refused, reasons)

    def _count_again(self, accepted: Counter[str], refused: Counter[str], reasons: dict[str, str]) -> None:
        """What could not be written is written later."""
        with self._news:
            self._accepted += accepted
            self._refused += refused
            self._reasons = reasons | self._reasons
            self._count_at = time.monotonic() + COUNT_EVERY


def _as_text(row: Row, reason: str) -> Row:
    """The same signal, its body a text, and an alert that tells of it."""
    event = Event(
        key=key(row.source, row.digest.hex()),
        key_reason="the delivery itself, as it could not be kept as it came",
        title=f"a delivery from {row.source} could not be kept as it came",
        text=f"Look at the signal itself. The store refused it: {reason}",
    )
    return replace(row, body=json.dumps({"text": row.body}), events=json.dumps([event.json()]))


def _complete(answers: list[Answer]) -> None:
    for waiting, result in answers:
        if waiting.answer.done():  # the sender hung up
            continue
        if isinstance(result, FirelineError):
            waiting.answer.set_exception(result)
        else:
            waiting.answer.set_result(result)
