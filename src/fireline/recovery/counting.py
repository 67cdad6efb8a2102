"""Count tables as soon as they are loaded, whenever a loader has nothing to do: the comparison afterwards has less to read.

Only for what pg_dump wrote for us: there a table's rows come in one transaction, so one that has rows and no writer is loaded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import psycopg

from fireline.errors import FirelineError
from fireline.postgres.connect import Connection, connect
from fireline.postgres.watch import Watch
from fireline.recovery import census
from fireline.recovery.census import Counted
from fireline.recovery.names import identifier, quoted
from fireline.recovery.restoring import Place
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_LONG = timedelta(0)
_LOOK_SECONDS = 0.2
_LEAST = 1 << 20  # bytes of a table; a smaller one is counted sooner than it is found


@contextmanager
def counting(place: Place, loaders: int, watch: Watch) -> Iterator[Counted]:
    """What was counted so far, and goes on being counted as long as the block lasts. What can not be counted is left out."""
    work = _Counting(place, loaders)
    work.start()
    try:
        yield work.found
    except BaseException:
        work.cancel()
        raise
    finally:
        work.done.set()
        while work.is_alive():
            work.join(_LOOK_SECONDS)
            if watch.cancel.asked:
                work.cancel()


class _Counting(threading.Thread):
    """One connection that looks for a table to count when fewer loaders work than there are."""

    def __init__(self, place: Place, loaders: int) -> None:
        super().__init__(name="counting", daemon=True)
        self.found: Counted = {}
        self.done = threading.Event()
        self._place, self._loaders = place, loaders
        self._failed: set[int] = set()
        self._written: set[int] = set()  # somebody wrote to them when we last looked
        self._conn: Connection | None = None

    def run(self) -> None:
        """Until the block ends; a fault is for the comparison to find, which counts what is not counted here."""
        with (
            suppress(FirelineError, psycopg.Error),
            connect(self._place.target, acting=True, autocommit=True, jit=False, statement_timeout=_LONG,
                    database=self._place.database) as self._conn,
        ):  # fmt: skip
            while not self.done.wait(_LOOK_SECONDS):
                self._written.clear()
                while not self.done.is_set() and (table := self._next(self._conn)):
                    self._count(self._conn, table)

    def cancel(self) -> None:
        """End what it counts now."""
        self.done.set()
        if self._conn is not None:
            self._conn.cancel_safe(timeout=5)

    def _next(self, conn: Connection) -> dict[str, Any] | None:
        """The biggest table with rows that is not counted yet, while a loader is idle."""
        known = [*self._failed, *self._written, *(one.oid for one in self.found.values())]
        return conn.execute(Q["to_count"], {"known": known, "loaders": self._loaders, "least": _LEAST}).fetchone()

    def _count(self, conn: Connection, table: dict[str, Any]) -> None:
        full = f"{identifier(table['schema'])}.{identifier(table['name'])}"
        try:
            with conn.transaction():  # nobody writes to it, so it is loaded, and stays as it is
                conn.execute(f"LOCK TABLE ONLY {full} IN SHARE MODE NOWAIT".encode())
            name = quoted(table["schema"], table["name"])
            self.found[name] = census.Steady(table["oid"], table["file"], table["bytes"], census.one_table(conn, name))
        except psycopg.errors.LockNotAvailable:
            self._written.add(table["oid"])
        except (FirelineError, psycopg.Error):
            if conn.closed:
                raise
            self._failed.add(table["oid"])
