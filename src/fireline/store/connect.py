"""Connections to the store: one pool per process, transactions, and the queries of each room by name."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, NullConnectionPool, PoolTimeout

from fireline.errors import StoreUnavailable

Connection = psycopg.Connection[DictRow]

_PATIENCE_SECONDS = 10.0
# A pool that can not connect tries again after 1, 2, 4, 8, 16, 32 seconds: a store that comes back after a minute would
# not be found for another half. One that gives up instead begins anew, at once, with whoever asks next.
_RECONNECT_SECONDS = 4.0
_DOWN = "Is it running? `fireline up` starts the embedded one; otherwise check store.url."


def arguments(application: str) -> dict[str, Any]:
    """Connection arguments that every connection to the store shares."""
    return {
        "application_name": application,
        "options": "-c search_path=fireline,jobs -c timezone=UTC",
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }


class Store:
    """The notebook as one process sees it; opens its connections at the first use.

    A pool_size of 1 is for a short command: it connects when it must, keeps nothing, and learns at once that the store
    is down. A larger one is for a server: it waits out a restart of the store for ten seconds.

    Functions that read or write rows take a `Connection` and never commit: who began the transaction ends it.
    """

    def __init__(self, url: str, *, application: str = "fireline", pool_size: int = 8) -> None:
        self.url = url
        self.application = application
        self._size = pool_size
        self._pool: ConnectionPool[Connection] | None = None
        self._opening = threading.Lock()

    @property
    def pool(self) -> ConnectionPool[Connection]:
        """The pool, opened at the first call."""
        with self._opening:
            if self._pool is None:
                self._pool = self._open()
            return self._pool

    def _open(self) -> ConnectionPool[Connection]:
        made: dict[str, Any] = {
            "connection_class": psycopg.Connection[DictRow],
            "kwargs": {**arguments(self.application), "row_factory": dict_row},
            "timeout": _PATIENCE_SECONDS / 2,
            "open": True,
        }
        if self._size == 1:
            return NullConnectionPool(self.url, max_size=None, **made)
        return ConnectionPool(
            self.url,
            min_size=1,
            max_size=self._size,
            reconnect_timeout=_RECONNECT_SECONDS,
            **made,
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside a transaction: committed at the end of the block, rolled back when it raises.

        Raises StoreUnavailable when no connection can be had.
        """
        with ExitStack() as stack:
            try:
                conn = self._begun(stack)
            except psycopg.OperationalError as down:
                raise StoreUnavailable(hint=_DOWN) from down
            yield conn

    def _begun(self, stack: ExitStack) -> Connection:
        """A connection in which a transaction begins: which one is dead is found out by that, and it costs no round trip."""
        for _ in range(self._size):
            conn = self._taken()
            try:
                begun = conn.transaction()
                begun.__enter__()
            except psycopg.OperationalError:
                self.pool.putconn(conn)  # it is thrown away there
                continue
            stack.callback(self.pool.putconn, conn)
            stack.push(begun.__exit__)
            return conn
        return self._last(stack)

    def _taken(self) -> Connection:
        """A connection of the pool, asked for twice: one that gave up while we waited tries again only when it is asked."""
        try:
            return self.pool.getconn()
        except PoolTimeout:
            return self.pool.getconn()

    def _last(self, stack: ExitStack) -> Connection:
        """When all that were kept were dead: a new one, or the reason why there is none."""
        conn = self._taken()
        stack.callback(self.pool.putconn, conn)
        stack.enter_context(conn.transaction())
        return conn

    def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None


@cache
def queries(package: str) -> dict[str, str]:
    """The statements of a room's `queries.sql`: a line `-- name: what it is for`, then the statement."""
    text = (files(package) / "queries.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- (\w+): .*$", text, flags=re.M)[1:]
    found = {name: statement.strip() for name, statement in zip(parts[::2], parts[1::2], strict=True)}
    if len(found) != len(parts) // 2:
        raise ValueError(f"a name stands twice in {package}/queries.sql")
    return found


def one(conn: Connection, statement: str, **parameters: Any) -> DictRow | None:
    """The first row of a statement, or None."""
    return conn.execute(statement, parameters).fetchone()


def all_rows(conn: Connection, statement: str, **parameters: Any) -> list[DictRow]:
    """All rows of a statement."""
    return conn.execute(statement, parameters).fetchall()
