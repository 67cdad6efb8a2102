"""A dump holds a light lock on every table; whoever wants a heavy one waits behind it, and everybody else behind them."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import TracebackType

import psycopg

from fireline.errors import FirelineError
from fireline.postgres.connect import Target, connect
from fireline.postgres.watch import Watch
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_LOOK_SECONDS = 0.5


class GiveWay:
    """While the block lasts, look who waits for sessions of an application; when one waited too long, cancel the work.

    reason: what to tell when that happened; None as long as nobody had to.
    """

    def __init__(self, target: Target, application: str, patience: timedelta, watch: Watch) -> None:
        self._target, self._application, self._patience, self._watch = target, application, patience, watch
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.reason: str | None = None

    def __enter__(self) -> GiveWay:
        if self._patience:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(_LOOK_SECONDS):
            try:
                with connect(
                    self._target, acting=True, autocommit=True, statement_timeout=timedelta(seconds=5)
                ) as conn:
                    while not self._done.wait(_LOOK_SECONDS):
                        asked = {"application": self._application, "patience": self._patience}
                        row = conn.execute(Q["waits_for_backup"], asked).fetchone()
                        if row is not None:
                            self.reason = (
                                f"the backup gave way: session {row['pid']} ({row['statement']}) had waited"
                                f" {row['seconds']:.0f} s behind it, and others behind that"
                            )
                            self._watch.cancel.cancel()
                            return
            except (FirelineError, psycopg.Error):
                continue  # the dump itself says what is wrong with the server
