"""The state of a target before anything is changed: read behind any lock, part by part; what fails is unknown, the rest goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from fireline import clock, redact
from fireline.postgres import migrations_seen
from fireline.postgres.connect import Connection, Target, connect, identity
from fireline.store.connect import queries

Q = queries("fireline.contain")

MOST_TABLES = 2_000
MOST_SESSIONS = 200
LAST_MIGRATIONS = 5
_TIME_LIMIT = timedelta(seconds=2)
_LOCK_LIMIT = timedelta(milliseconds=100)
_LONGEST = 300  # characters of one value

Part = Callable[[Connection], Any]


def read(target: Target) -> dict[str, Any]:
    """The whole state as JSON data, without secrets. Raises TargetUnavailable."""
    found: dict[str, Any] = {"taken_at": clock.now().isoformat(), "target": target.name}
    unknown: dict[str, str] = {}
    with connect(target, acting=True, statement_timeout=_TIME_LIMIT, lock_timeout=_LOCK_LIMIT) as conn:
        conn.read_only = True
        for name, part in PARTS.items():
            try:
                found[name] = part(conn)
            except psycopg.Error as fault:
                unknown[name] = (fault.diag.message_primary or str(fault)).strip().splitlines()[0]
            finally:
                if not conn.closed:
                    conn.rollback()
    clean: dict[str, Any] = redact.tree(_plain({**found, "unknown": unknown}))
    return clean


def _rows(query: str, **values: Any) -> Part:
    def part(conn: Connection) -> list[dict[str, Any]]:
        return [dict(row) for row in conn.execute(query, values or None).fetchall()]

    return part


def _by(key: str, query: str) -> Part:
    """Rows as a mapping, by one of their columns."""

    def part(conn: Connection) -> dict[str, Any]:
        return {row.pop(key): row for row in map(dict, conn.execute(query).fetchall())}

    return part


def _server(conn: Connection) -> dict[str, Any]:
    row = conn.execute(Q["server"]).fetchone()
    return {**(row or {}), "identity": identity(conn).json()}


def _schema(conn: Connection) -> dict[str, Any]:
    """Every object with its hash, and one fingerprint over them all."""
    parts: dict[str, dict[str, str]] = {}
    for row in conn.execute(Q["schema"]).fetchall():
        parts.setdefault(row["part"], {})[row["name"]] = row["hash"]
    whole = hashlib.sha256()
    for part, objects in sorted(parts.items()):
        for name, digest in sorted(objects.items()):
            whole.update(f"{part}\0{name}\0{digest}\n".encode())
    return {
        "fingerprint": whole.hexdigest(),
        "counts": {part: len(objects) for part, objects in sorted(parts.items())},
        # in pairs and not by name: a table called api_token must not have its hash masked as if it were the token
        "objects": {part: [[name, digest] for name, digest in objects.items()] for part, objects in parts.items()},
    }


def _sizes(conn: Connection) -> dict[str, Any]:
    rows = conn.execute(Q["sizes"], {"most": MOST_TABLES}).fetchall()
    tables = {row["name"]: {"rows": row["rows"], "bytes": row["bytes"]} for row in rows}
    return {"how": "PostgreSQL's estimates of the last vacuum or analyze, not counted", "tables": tables}


def _migrations(conn: Connection) -> dict[str, Any]:
    """The last lines of each table in which a migration tool keeps its notes; a locked one is passed over and said to be."""
    found: dict[str, Any] = {}
    for table in migrations_seen.tables(conn):
        try:
            with conn.transaction():
                found[table.full] = migrations_seen.last(conn, table, LAST_MIGRATIONS)
        except psycopg.Error as fault:
            found[table.full] = f"not read: {fault.diag.message_primary or fault}"
    return found


PARTS: dict[str, Part] = {
    "server": _server,
    "settings": _by("name", Q["settings"]),
    "overrides": _rows(Q["overrides"]),
    "roles": _by("name", Q["roles"]),
    "extensions": _by("name", Q["extensions"]),
    "schema": _schema,
    "sizes": _sizes,
    "sessions": _rows(Q["sessions"], most=MOST_SESSIONS),
    "locks": _rows(Q["locks"]),
    "prepared": _rows(Q["prepared"]),
    "standbys": _rows(Q["standbys"]),
    "slots": _rows(Q["slots"]),
    "subscriptions": _rows(Q["subscriptions"]),
    "migrations": _migrations,
}


def _plain(value: Any) -> Any:
    """The value as JSON has it; long texts are cut."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return value
