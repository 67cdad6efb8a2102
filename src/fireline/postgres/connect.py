"""Connections to a target: timeouts on each, read-only unless a change was approved, its identity checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from fireline.errors import TargetUnavailable
from fireline.redact import Secret, text

Connection = psycopg.Connection[DictRow]


@dataclass(frozen=True)
class Target:
    """A PostgreSQL in our care."""

    name: str
    dsn: Secret
    read_dsn: Secret | None = None
    labels: dict[str, str] = field(default_factory=dict)
    lock_timeout: timedelta = timedelta(seconds=1)


@dataclass(frozen=True)
class Identity:
    """Which server this is, so that nothing is written to another one: a copy shares the system identifier."""

    system_identifier: str
    data_directory: str | None  # None when the role may not see it
    postmaster_start: str  # ISO, UTC

    def json(self) -> dict[str, Any]:
        """As stored with an attempt."""
        return {
            "system_identifier": self.system_identifier,
            "data_directory": self.data_directory,
            "postmaster_start": self.postmaster_start,
        }


@contextmanager
def connect(
    target: Target,
    *,
    write: bool = False,
    statement_timeout: timedelta = timedelta(seconds=30),
    lock_timeout: timedelta | None = None,
    autocommit: bool = False,
) -> Iterator[Connection]:
    """One connection; read-only (and as the reading role where there is one) unless `write`.

    Raises TargetUnavailable when it can not be had, with the server's own words, redacted.
    """
    secret = target.dsn if write or target.read_dsn is None else target.read_dsn
    lock = target.lock_timeout if lock_timeout is None else lock_timeout
    options = [
        f"-c statement_timeout={int(statement_timeout / timedelta(milliseconds=1))}",
        f"-c lock_timeout={int(lock / timedelta(milliseconds=1))}",
        f"-c idle_in_transaction_session_timeout={int((statement_timeout + timedelta(seconds=30)) / timedelta(milliseconds=1))}",
        f"-c default_transaction_read_only={'off' if write else 'on'}",
    ]
    try:
        conn = psycopg.connect(
            secret.reveal(),
            application_name="fireline",
            connect_timeout=5,
            options=" ".join(options),
            autocommit=autocommit,
            row_factory=dict_row,
            prepare_threshold=None,
        )
    except psycopg.Error as down:
        raise TargetUnavailable(
            f"target {target.name} does not answer: {text(str(down).strip().splitlines()[-1])}",
            hint=f"Try `fireline doctor`, or `psql` with the DSN of targets.{target.name}.",
        ) from None
    try:
        yield conn
    finally:
        conn.close()


def identity(conn: Connection) -> Identity:
    """Who the server at the other end is: system identifier, data directory where it may be seen, postmaster start."""
    row = conn.execute(
        "SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,"
        " CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,"
        " to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS started"
    ).fetchone()
    assert row is not None
    return Identity(row["system_identifier"], row["folder"], row["started"])
