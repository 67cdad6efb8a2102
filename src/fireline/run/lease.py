"""Who works on a run: a lease that runs out, and a fence that rises, so that a worker that slept can not write any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType

import structlog
from psycopg import Error as DatabaseError
from psycopg.rows import DictRow

from fireline.errors import FirelineError, StoreUnavailable
from fireline.run.ledger import Q
from fireline.store.connect import Connection, Store, one

SPAN = timedelta(seconds=8)  # a dead worker's run is taken over within 10 s: this, and the sweep's interval
RENEW_SECONDS = 1.0

log = structlog.get_logger()


class LeaseLost(FirelineError):
    """another worker has taken this run over"""


class Lease:
    """One worker's hold on one run. Renews itself while the block lasts, and hears when a person wants it to stop."""

    def __init__(self, store: Store, run: int, fence: int, worker: str) -> None:
        self.store, self.run, self.fence, self.worker = store, run, fence, worker
        self.stop_reason: str | None = None
        self._renewed = _now()
        self._done = threading.Event()
        self._stops: list[Callable[[], None]] = []
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{run}", daemon=True)

    @classmethod
    def take(cls, store: Store, run: int, worker: str) -> Lease | None:
        """The lease on a run, or None while another worker has it."""
        with store.transaction() as conn:
            row = one(conn, Q["take_lease"], run=run, worker=worker, span=SPAN)
        return cls(store, run, row["fence"], worker) if row else None

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def fresh(self) -> bool:
        """Whether no other worker can have taken the run: asked right before a side effect that no fence can stop."""
        return self.stop_reason is None and _now() - self._renewed < SPAN.total_seconds() / 2

    @contextmanager
    def transaction(self) -> Iterator[tuple[Connection, DictRow]]:
        """A transaction with the run locked; LeaseLost when the fence has risen."""
        with self.store.transaction() as conn:
            row = one(conn, Q["lock_run"], run=self.run)
            if row is None or row["fence"] != self.fence:
                raise LeaseLost
            yield conn, row

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """While the block lasts, call `stop` as soon as the work is not wanted any more."""
        with self._guard:
            self._stops.append(stop)
            already = self.stop_reason is not None
        if already:
            stop()
        try:
            yield
        finally:
            with self._guard:
                self._stops.remove(stop)

    def _keep(self) -> None:
        """Renew every second; a store that is away for a while is no reason to stop what runs."""
        while not self._done.wait(RENEW_SECONDS):
            try:
                with self.store.transaction() as conn:
                    row = one(conn, Q["renew_lease"], run=self.run, fence=self.fence, span=SPAN)
            except (StoreUnavailable, DatabaseError) as away:
                log.warning("lease not renewed", run=self.run, error=str(away))
                continue
            if row is None:
                if not self._done.is_set():
                    self._stop("another worker has taken this run over")
                continue
            self._renewed = _now()
            if row["cancel_step"] is not None:
                self._stop(f"stopped by {row['cancel_by']}")
            elif row["halted_by"] is not None:
                self._stop(f"halted by {row['halted_by']}")

    def _stop(self, reason: str) -> None:
        with self._guard:
            if self.stop_reason is not None:
                return
            self.stop_reason = reason
            stops = list(self._stops)
        for stop in stops:
            stop()

    def resume(self) -> None:
        """Forget that one step was stopped; the next may run."""
        with self._guard:
            self.stop_reason = None


def _now() -> float:
    """Seconds that go on while the machine sleeps or the process is stopped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
