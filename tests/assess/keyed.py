"""Foreign keys and indexes made and broken for real, on a patient of one test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg

from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys, foreign_keys
from fireline.assess.orphan_rows import Counted, count
from fireline.postgres.connect import Target, connect

TEN = timedelta(seconds=10)


def run(target: Target, *statements: str) -> None:
    """Carry out statements as the superuser, past every key."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        for statement in statements:
            conn.execute(statement.encode())


def neglected(target: Target, index: str, *statements: str, flag: str = "indisready") -> None:
    """Write while the catalog says that an index is not ready, or not unique."""
    run(target, f"UPDATE pg_index SET {flag} = false WHERE indexrelid = '{index}'::regclass")
    run(target, *statements)
    run(target, f"UPDATE pg_index SET {flag} = true WHERE indexrelid = '{index}'::regclass")


def keys(target: Target) -> ForeignKeys:
    """The keys as the catalogs have them."""
    with connect(target) as conn:
        return foreign_keys(conn)


def key(target: Target, name: str) -> ForeignKey:
    """One of them."""
    return next(one for one in keys(target).keys if one.name == name)


def counted(target: Target, name: str, limit: timedelta = TEN, **settings: Any) -> Counted:
    """One of them, counted."""
    with connect(target, **settings) as conn:
        conn.read_only = True
        return count(conn, next(one for one in foreign_keys(conn).keys if one.name == name), limit=limit)
