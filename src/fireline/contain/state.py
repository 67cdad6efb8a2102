"""The state of a target before anything is changed: read behind any lock, part by part; what fails is unknown, the rest goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from fireline import clock, redact
from fireline.contain.parts import OF_THE_DATABASE, PARTS, partly
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Connection, Target, beside, connect

_TIME_LIMIT = timedelta(seconds=5)  # for one part
_LOCK_LIMIT = timedelta(milliseconds=100)
_PATIENCE_SECONDS = 20.0  # for all parts: who waits for this has an incident
_LONGEST = 300  # characters of one value
_CLOSED = ("database_closed", "database_limit", "connect_denied")
_FULL = ("slots", "role_limit")


def read(target: Target) -> dict[str, Any]:
    """The whole state as JSON data, without secrets. Raises TargetUnavailable."""
    found: dict[str, Any] = {"taken_at": clock.now().isoformat(), "target": target.name}
    unknown: dict[str, str] = {}
    ends = time.monotonic() + _PATIENCE_SECONDS
    with _door(target, unknown) as conn:
        for name, part in PARTS.items():
            if name in unknown:
                continue
            if time.monotonic() > ends:
                unknown[name] = f"not reached within {_PATIENCE_SECONDS:g} s"
                continue
            try:
                found[name] = part(conn)
            except psycopg.Error as fault:
                unknown[name] = (fault.diag.message_primary or str(fault)).strip().splitlines()[0]
            finally:
                if not conn.closed:
                    conn.rollback()
        if not conn.closed:
            found["partly"] = partly(conn)
    clean: dict[str, Any] = redact.tree(_plain({**found, "unknown": unknown}))
    return clean


@contextmanager
def _door(target: Target, unknown: dict[str, str]) -> Iterator[Connection]:
    """A connection to read with: as the role that acts, else as the one that reads, else beside a closed database."""
    limits: dict[str, Any] = {"statement_timeout": _TIME_LIMIT, "lock_timeout": _LOCK_LIMIT, "jit": False}
    with ExitStack() as stack:
        try:
            conn = stack.enter_context(connect(target, acting=True, autocommit=True, **limits))
        except TargetUnavailable as away:
            if away.kind in _FULL and target.read_dsn is not None:  # another role may have a place of its own
                conn = stack.enter_context(connect(target, autocommit=True, **limits))
            elif away.kind in _CLOSED:
                unknown.update(dict.fromkeys(OF_THE_DATABASE, away.message))
                conn = stack.enter_context(beside(target))
            else:
                raise
        if not _limited(conn):
            conn.autocommit = False  # through a pooler the limits are those of a transaction
        conn.read_only = True
        yield conn


def _limited(conn: Connection) -> bool:
    """Whether the session itself has our limits, so that a part needs one round trip and not three."""
    row = conn.execute("SELECT current_setting('fireline.limits', true) AS ours").fetchone()
    return bool(row and row["ours"])


def _plain(value: Any) -> Any:
    """The value as JSON has it; long texts are cut."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
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
    return value
