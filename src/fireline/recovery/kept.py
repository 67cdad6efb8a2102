"""A database that nobody may connect to, such as one that a swap has replaced, opened for the time that it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from fireline.errors import NotFound, Refused
from fireline.postgres.connect import Connection, Target, beside

_OURS = 2  # connections of ours, where our role is held to the limit


@contextmanager
def readable(target: Target, name: str) -> Iterator[None]:
    """Have a closed database let us in as long as the block lasts, and nobody else but a superuser; an open one stays as it is.

    Raises NotFound, Refused when our role may not open it, TargetUnavailable.
    """
    with beside(target, write=True) as conn:
        row = conn.execute(
            "SELECT d.datallowconn AS allows, d.datconnlimit AS limit,"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser"
            " FROM pg_database d WHERE d.datname = %s",
            [name],
        ).fetchone()
        if row is None:
            raise NotFound(f"target {target.name} has no database {name}")
        if not row["allows"]:
            try:
                _alter(conn, name, True, row["limit"] if row["superuser"] else _OURS)
            except psycopg.errors.InsufficientPrivilege as no:
                raise Refused(f"database {name} is closed, and our role may not open it",
                              hint="Its owner or a superuser may.") from no  # fmt: skip
    try:
        yield
    finally:
        if not row["allows"]:
            with beside(target, write=True) as conn:
                _alter(conn, name, False, row["limit"])


def _alter(conn: Connection, name: str, allows: bool, limit: int) -> None:
    conn.execute(
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {} CONNECTION LIMIT {}").format(
            sql.Identifier(name), sql.Literal(allows), sql.Literal(limit)
        )
    )
