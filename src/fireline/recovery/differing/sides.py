"""Two databases of one server, each read at one moment: their tables, and how one look is taken at both at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import tuple_row

from fireline import redact
from fireline.postgres.connect import Connection, Target, connect
from fireline.postgres.watch import Watch
from fireline.store.connect import queries

Q = queries("fireline.recovery")

STATEMENT_LIMIT = timedelta(hours=2)  # one table may take long; who does not want to wait cancels
_LOOK_SECONDS = 0.2
T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column of a table. exact: values that are equal have equal bytes, so that PostgreSQL's own hash tells them apart."""

    name: str
    type: str
    exact: bool
    generated: bool  # computed by the table itself, as its content is by the rest of the row
    identity: str = ""  # a: always, d: by default
    not_null: bool = False


@dataclass(frozen=True)
class Table:
    """A table as its catalog shows it. keys: what tells its rows apart, the primary key first. hidden: why it can not be read."""

    schema: str
    name: str
    full: str  # both, quoted where they must be
    kind: str  # r, or p of one with partitions
    persistence: str
    estimate: int
    columns: dict[str, Column]
    keys: tuple[tuple[str, ...], ...]
    hidden: str | None = None

    @property
    def rows(self) -> sql.Composable:
        """What its rows are read from: a table's own, or those of all partitions."""
        return sql.SQL("" if self.kind == "p" else "ONLY ") + sql.Identifier(self.schema, self.name)


@dataclass
class Side:
    """One database, read in one transaction that sees one moment and can write nothing."""

    database: str
    conn: Connection
    version: int
    encoding: str
    tables: dict[str, Table] = field(default_factory=dict)

    def rows(self, statement: str, values: Any = None) -> list[dict[str, Any]]:
        """The rows of a read; what fails leaves the transaction usable. Raises psycopg.Error."""
        with self.conn.transaction():
            return [dict(row) for row in self.conn.execute(statement, values).fetchall()]

    def tuples(self, statement: sql.Composed, values: Any = None) -> list[tuple[Any, ...]]:
        """The same without the columns' names, for many rows."""
        with self.conn.transaction(), self.conn.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(statement, values).fetchall()


@contextmanager
def side_of(target: Target, database: str) -> Iterator[Side]:
    """One database of the target's server, its tables read. Raises TargetUnavailable."""
    with connect(target, acting=True, database=database, statement_timeout=STATEMENT_LIMIT, jit=False) as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        steady(conn)
        row = conn.execute("SELECT current_setting('server_encoding') AS encoding").fetchone()
        assert row is not None
        found = Side(database, conn, conn.info.server_version, row["encoding"])
        found.tables = {table.full: table for table in _tables(conn)}
        yield found


def steady(conn: Connection) -> None:
    """Have values written the same whatever a database or role is set to; row policies raise instead of hiding rows."""
    conn.execute(Q["steady"])


def _tables(conn: Connection) -> Iterator[Table]:
    for row in conn.execute(Q["tables_to_compare"]).fetchall():
        columns = {one["name"]: Column(**one) for one in row["columns"]}
        keys = tuple(tuple(key) for key in row["keys"])
        yield Table(row["schema"], row["name"], row["full"], row["kind"], row["persistence"], row["estimate"], columns, keys,
                    row["hidden"])  # fmt: skip


def both(one: Side, other: Side, work: Callable[[Side], T], watch: Watch) -> tuple[T, T]:
    """The same work on both at once; cancelled on both when that is asked for. Raises what the first that failed raised."""
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(work, side) for side in (one, other)]
        while wait(futures, timeout=_LOOK_SECONDS).not_done:
            if watch.cancel.asked:
                for side in (one, other):
                    side.conn.cancel_safe(timeout=5)
        watch.cancel.check()
        return futures[0].result(), futures[1].result()


def why(fault: psycopg.Error) -> str:
    """The server's own words in one line, without secrets and without the content of a row."""
    said = (fault.diag.message_primary or str(fault)).strip().splitlines()
    return redact.text(said[0] if said else type(fault).__name__)
