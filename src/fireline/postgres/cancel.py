"""Stopping what runs on a target from another thread, and the error that tells of it; light, since every long work hears it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from fireline.errors import FirelineError
from fireline.postgres.connect import Connection

State = Literal["failed", "timed_out", "cancelled", "unknown"]


class StatementFailed(FirelineError):
    """the statement failed"""

    http_status = 502

    def __init__(self, message: str, *, state: State, sqlstate: str | None = None, hint: str | None = None) -> None:
        self.state = state  # unknown: the connection was lost, so what became of a change is to be found out
        self.sqlstate = sqlstate
        super().__init__(message, hint=hint)


class Cancel:
    """The way to stop a statement from another thread; a statement that has not begun then never does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._conn: Connection | None = None
        self.asked = False

    def cancel(self) -> None:
        """Ask the server to stop what runs now, and let nothing begin any more."""
        with self._lock:
            self.asked = True
            if self._conn is not None:
                self._conn.cancel_safe(timeout=5)

    @contextmanager
    def over(self, conn: Connection) -> Iterator[None]:
        """The connection that `cancel` acts on, as long as the block lasts."""
        with self._lock:
            self._conn = conn
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._conn = None

    def check(self) -> None:
        """Raise StatementFailed when cancelling was asked for."""
        if self.asked:
            raise StatementFailed("cancelled before it began", state="cancelled")
