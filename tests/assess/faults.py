"""Faults produced for real: sessions that hold, sessions that wait, and the way to be rid of them."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target

PATIENCE = 30.0
Any_ = psycopg.Connection[Any]


class Faults:
    """Sessions on one target; all of them are ended when the block is left."""

    def __init__(self, target: Target) -> None:
        self.dsn = target.dsn.reveal()
        self._stack = ExitStack()
        self._conns: list[Any_] = []
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def __enter__(self) -> Faults:
        self.owner = self.open("test", autocommit=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for conn in self._conns[1:]:
            with suppress(psycopg.Error):
                self.owner.execute("SELECT pg_terminate_backend(%s)", [conn.info.backend_pid])
        for thread in self._threads:
            thread.join(PATIENCE)
        with suppress(psycopg.Error):
            for row in self.owner.execute(
                "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"
            ).fetchall():
                self.owner.execute(f"ROLLBACK PREPARED '{row[0]}'")
        self._stack.close()

    def open(self, application: str, *, autocommit: bool = False, **settings: str) -> Any_:
        """A session of its own."""
        dsn = make_conninfo(self.dsn, application_name=application, **settings)
        conn = self._stack.enter_context(_closing(psycopg.connect(dsn, autocommit=autocommit)))
        self._conns.append(conn)
        return conn

    def idle(self, application: str, *statements: str) -> int:
        """A session that runs statements, forgets to commit and goes idle; its pid."""
        conn = self.open(application)
        for statement in statements:
            conn.execute(statement.encode())
        return conn.info.backend_pid

    def waiting(self, application: str, statement: str) -> int:
        """A session whose statement comes to wait for a lock; its pid, once it is seen waiting."""
        pid = self.running(application, statement)
        self.until("SELECT FROM pg_locks WHERE NOT granted AND pid = %s", pid)
        return pid

    def running(self, application: str, statement: str, **settings: str) -> int:
        """A session that runs a statement in the background; its pid."""
        conn = self.open(application, autocommit=True, **settings)
        pid = conn.info.backend_pid

        def run() -> None:
            with suppress(psycopg.Error):
                conn.execute(statement.encode())

        self._begin(run)
        return pid

    def repeating(self, application: str, *statements: str) -> int:
        """A session that runs a short transaction over and over; its pid."""
        conn = self.open(application)

        def run() -> None:
            with suppress(psycopg.Error):
                while not self._stop.is_set():
                    for statement in statements:
                        conn.execute(statement.encode())
                    conn.commit()

        self._begin(run)
        return conn.info.backend_pid

    def _begin(self, run: Any) -> None:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._threads.append(thread)

    def until(self, question: str, *values: object) -> None:
        """Wait until a query has rows."""
        end = time.monotonic() + PATIENCE
        while not self.owner.execute(question.encode(), values or None).fetchall():
            assert time.monotonic() < end, f"never seen: {question}"
            time.sleep(0.01)

    def aged(self, pid: int, seconds: float) -> None:
        """Wait until a session's state has lasted a while."""
        self.until(
            f"SELECT FROM pg_stat_activity WHERE pid = %s AND clock_timestamp() - state_change > interval '{seconds} s'",
            pid,
        )


class _closing:  # noqa: N801 - as contextlib's own
    def __init__(self, conn: Any_) -> None:
        self.conn = conn

    def __enter__(self) -> Any_:
        return self.conn

    def __exit__(self, *_: object) -> None:
        self.conn.close()
