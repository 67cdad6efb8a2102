"""A database that nobody may connect to, such as one that a swap has replaced, opened for the time that it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import psycopg
from psycopg import sql

from fireline.errors import NotFound, Refused, TargetUnavailable
from fireline.postgres.connect import Connection, Target, beside, connect

_CLOSED = ("database_closed", "database_limit")
_OURS = 2  # connections of ours, where our role is held to the limit


@contextmanager
def readable(target: Target, name: str) -> Iterator[None]:
    """Have a closed database let us in as long as the block lasts, and nobody else but a superuser; an open one stays as it is.

    Raises NotFound, Refused when our role may not open it, TargetUnavailable.
    """
    try:
        with connect(target, acting=True, database=name):
            closed = False
    except TargetUnavailable as away:
        if away.kind == "no_such_database":
            raise NotFound(f"target {target.name} has no database {name}") from None
        if away.kind not in _CLOSED:
            raise
        closed = True
    with _opened(target, name) if closed else nullcontext():
        yield


@contextmanager
def _opened(target: Target, name: str) -> Iterator[None]:
    with beside(target, write=True) as conn:
        row = conn.execute(
            "SELECT d.datallowconn AS allows, d.datconnlimit AS limit,"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser"
            " FROM pg_database d WHERE d.datname = %s",
            [name],
        ).fetchone()
        if row is None:
            raise NotFound(f"target {target.name} has no database {name}")
        try:
            _alter(conn, name, True, row["limit"] if row["superuser"] else _OURS)
        except psycopg.errors.InsufficientPrivilege as no:
            raise Refused(
                f"database {name} is closed, and our role may not open it", hint="Its owner or a superuser may."
            ) from no
    try:
        yield
    finally:
        with beside(target, write=True) as conn:
            _alter(conn, name, row["allows"], row["limit"])


def _alter(conn: Connection, name: str, allows: bool, limit: int) -> None:
    conn.execute(
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {} CONNECTION LIMIT {}").format(
            sql.Identifier(name), sql.Literal(allows), sql.Literal(limit)
        )
    )
