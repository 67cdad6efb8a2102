"""A long read that holds nobody up: it is watched from a second connection, and cancelled once somebody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg

from fireline.postgres.connect import Connection, Target, connect

_EVERY_SECONDS = 0.3
_LIMIT = timedelta(seconds=5)
_WAITS = """
SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid() AND %s = ANY (pg_blocking_pids(pid)) LIMIT 1
"""


class Way:
    """Whether it had to be given. `lock` is held while a statement is cancelled, so that the next one is not."""

    def __init__(self) -> None:
        self.given = False
        self._stop = threading.Event()

    def watch(self, watcher: Connection, reading: Connection) -> None:
        """Look for somebody who waits until `stop` is called."""
        pid = reading.info.backend_pid
        while not self._stop.wait(_EVERY_SECONDS):
            try:
                waits = watcher.execute(_WAITS, [pid]).fetchone()
            except psycopg.Error:
                return  # our own limits end the reading then
            if waits is not None:
                self.given = True
                reading.cancel_safe(timeout=5)

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()


@contextmanager
def giving_way(target: Target, reading: Connection) -> Iterator[Way]:
    """Watch over a connection as long as the block lasts; its statement fails as cancelled when somebody waits for it."""
    way = Way()
    with connect(target, statement_timeout=_LIMIT, autocommit=True) as watcher:
        thread = threading.Thread(target=way.watch, args=(watcher, reading), daemon=True)
        thread.start()
        try:
            yield way
        finally:
            way.stop()
            thread.join()
