"""A responder that is no superuser: its role, and its target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target, database_of
from fireline.redact import Secret
from tests.recovery.fence.shop import PASSWORD


@contextmanager
def responder(
    target: Target, *, owner: bool, more: str = "", outside: bool = True, sees: bool = True, **fields: Any
) -> Iterator[Target]:
    """The target as a role of its own sees it; `more` are its attributes, such as CREATEROLE; not outside: it has no other database;
    not sees: what other sessions are is hidden from it."""
    name = f"oncall_{database_of(target)}"
    role, database = sql.Identifier(name), sql.Identifier(database_of(target))
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} {}").format(role, sql.Literal(PASSWORD), sql.SQL(more)))
        rights = sql.SQL("pg_signal_backend, pg_monitor" if sees else "pg_signal_backend")
        conn.execute(sql.SQL("GRANT {} TO {}").format(rights, role))
        if owner:
            conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, role))
    dsn = Secret(make_conninfo(target.dsn.reveal(), user=name, password=PASSWORD))
    try:
        yield replace(target, dsn=dsn, maintenance=None if outside else database_of(target), **fields)
    finally:
        with psycopg.connect(make_conninfo(target.dsn.reveal(), dbname="postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))
            conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(database))
        with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
            conn.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
            conn.execute(sql.SQL("DROP ROLE {}").format(role))
