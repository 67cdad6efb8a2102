"""A database that a swap has replaced: nobody may connect to it, so it is opened for the time that it is read, and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from fireline.errors import FirelineError, NotFound, Refused, TargetUnavailable
from fireline.postgres.connect import Connection, Target, beside, connect
from fireline.store.connect import queries

Q = queries("fireline.recovery")

KEPT = "fireline kept "  # and the token: what the comment of a replaced database begins with
_CLOSED = ("database_closed", "database_limit")
_OURS = 2  # connections of ours, where our role is held to the limit


@contextmanager
def readable(target: Target, name: str) -> Iterator[None]:
    """Have a replaced database let us in as long as the block lasts, and nobody else but a superuser; an open one stays as it is.

    The one in use is never opened: a fence or a swap has closed it, and nobody may get in by us. Who reads holds a lock
    of the server, so that `close_abandoned` sees when a reader has died.
    Raises NotFound, Refused when our role may not open it or it is not ours to open, TargetUnavailable.
    """
    try:
        with connect(target, acting=True, database=name) as conn:
            mark = conn.execute(Q["own_comment"]).fetchone()
            plain = not (mark and str(mark["comment"] or "").startswith(KEPT))
    except TargetUnavailable as away:
        if away.kind == "no_such_database":
            raise NotFound(f"target {target.name} has no database {name}") from None
        if away.kind not in _CLOSED:
            raise
        plain = False
    if plain:
        yield
        return
    with _opened(target, name):
        yield


@contextmanager
def _opened(target: Target, name: str) -> Iterator[None]:
    with beside(target, write=True) as conn:
        found = conn.execute(Q["kept_databases"], {"mark": KEPT, "name": name}).fetchall()
        if not found:
            raise Refused(
                f"database {name} is closed, and it is none that a swap has replaced, so it is not opened to be read",
                hint="Wait until the swap is over, or lift the fence: `fireline fence status` tells.",
            )
        row = found[0]
        conn.execute(Q["read_kept"], {"oid": row["oid"]})
        try:
            if not row["allows"]:
                _open(conn, row)
            yield
        finally:
            _close_again(target, conn, row)


def _open(conn: Connection, row: dict[str, Any]) -> None:
    try:
        _alter(conn, row["name"], True, 0 if row["superuser"] else _OURS)
    except psycopg.errors.InsufficientPrivilege as no:
        raise Refused(
            f"database {row['name']} is closed, and our role may not open it", hint="Its owner or a superuser may."
        ) from no


def _close_again(target: Target, conn: Connection, row: dict[str, Any]) -> None:
    """As it was, unless somebody else reads it still. A lost connection is made anew: it must not stay open."""
    if not conn.closed and not conn.broken:
        conn.execute("SELECT pg_advisory_unlock_all()")
        _close_unread(conn, row["oid"])
        return
    with beside(target, write=True) as fresh:
        _close_unread(fresh, row["oid"])


def _close_unread(conn: Connection, oid: int | None) -> list[str]:
    """Close replaced databases that are open and that nobody reads; their names. One that bears another name by now is looked up."""
    done = []
    for row in conn.execute(Q["kept_databases"], {"mark": KEPT, "name": None}).fetchall():
        if not row["allows"] or (oid is not None and row["oid"] != oid):
            continue
        mine = conn.execute(Q["close_kept"], {"oid": row["oid"]}).fetchone()
        if mine and mine["mine"]:
            _alter(conn, row["name"], False, 0)
            conn.execute("SELECT pg_advisory_unlock_all()")
            done.append(str(row["name"]))
    return done


def close_abandoned(target: Target) -> list[str]:
    """Close replaced databases that a reader who died has left open; their names. What can not be done now is done the next time."""
    with suppress(FirelineError, psycopg.Error), beside(target, write=True) as conn:
        return _close_unread(conn, None)
    return []


def _alter(conn: Connection, name: str, allows: bool, limit: int) -> None:
    conn.execute(
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {} CONNECTION LIMIT {}").format(
            sql.Identifier(name), sql.Literal(allows), sql.Literal(limit)
        )
    )
