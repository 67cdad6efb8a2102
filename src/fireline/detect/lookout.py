"""Watches the store for who writes signals: ends a wait that takes too long, and finds the store again when it was away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from fireline.detect.signals import STATEMENT_SECONDS, takes_signals

LOOK_SECONDS = 1.0  # between looks at whether a write hangs
KNOCK_SECONDS = 0.3  # between tries to reach a store that is away
HANGS_SECONDS = (
    STATEMENT_SECONDS + 1
)  # the store itself gives up sooner, unless it is frozen or the network swallows all


class Lookout:
    """A thread of its own, since whoever waits for a store can not look at the clock."""

    def __init__(self, url: str, cut: Callable[[], None], back: Callable[[], None]) -> None:
        self._url, self._cut, self._back = url, cut, back
        self._news = threading.Condition()
        self._closed = False
        self._busy_since: float | None = None
        self.away = False

    def start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._watch, name="fireline-lookout", daemon=True).start()

    def close(self) -> None:
        """Stop watching."""
        with self._news:
            self._closed = True
            self._news.notify()

    def busy(self) -> None:
        """A write begins now."""
        self._busy_since = time.monotonic()

    def free(self) -> None:
        """It has ended."""
        self._busy_since = None

    def lost(self) -> None:
        """The store is away from now on, until it takes signals again."""
        with self._news:
            self.away = True
            self._news.notify()

    def _watch(self) -> None:
        while True:
            with self._news:
                if not self._closed:
                    self._news.wait(KNOCK_SECONDS if self.away else LOOK_SECONDS)
                if self._closed:
                    return
            since = self._busy_since
            if since is not None and time.monotonic() - since > HANGS_SECONDS:
                self._cut()
            elif self.away and takes_signals(self._url):
                self.away = False
                self._back()
