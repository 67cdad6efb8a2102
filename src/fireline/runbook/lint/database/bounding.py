"""An end to waiting for a server that answers nothing at all, not even that the time is over."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

_LOOK_SECONDS = 0.25
_IDLE_LOOKS = 20  # without anything to watch, after which the thread ends


@contextmanager
def bounded(conn: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """After that time the connection is cut off, and whoever waits for it is told that it is lost."""
    if conn.closed:
        yield
        return
    key = _watch.add(socket.socket(fileno=os.dup(conn.fileno())), time.monotonic() + seconds)
    try:
        yield
    finally:
        _watch.remove(key)


class _Watch:
    """One thread for all: a lint asks a server thousands of times, and a thread for each takes longer than the answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[int, tuple[socket.socket, float]] = {}
        self._number = 0
        self._running = False

    def add(self, same: socket.socket, end: float) -> int:
        """Watch a second handle of a connection until that moment; its number."""
        with self._lock:
            self._number += 1
            self._ends[self._number] = same, end
            if not self._running:
                self._running = True
                threading.Thread(target=self._look, name="bounding", daemon=True).start()
            return self._number

    def remove(self, number: int) -> None:
        """Watch it no longer; under the lock, so that no other connection is cut that got its handle's number."""
        with self._lock:
            self._ends.pop(number)[0].close()

    def _look(self) -> None:
        idle = 0
        while True:
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                for same, end in self._ends.values():
                    if end <= now:
                        with suppress(OSError):
                            same.shutdown(socket.SHUT_RDWR)
                idle = 0 if self._ends else idle + 1
                if idle > _IDLE_LOOKS:
                    self._running = False
                    return


_watch = _Watch()
