"""Every database: who may connect, how old it is, and what its counters say, read twice to tell what rises."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 500

# Counters that came with a later version are asked for as fields that may be missing.
_DATABASES = """
SELECT d.oid::bigint AS oid, d.datname AS name, d.datdba::regrole::text AS owner, d.datistemplate AS template, d.datallowconn AS allows,
    d.datconnlimit AS "limit", age(d.datfrozenxid) AS frozen_age, mxid_age(d.datminmxid) AS multixact_age,
    s.numbackends AS backends, s.xact_commit AS commits, s.xact_rollback AS rollbacks, s.deadlocks, s.conflicts,
    s.temp_files, s.temp_bytes, s.blks_hit AS blocks_hit, s.blks_read AS blocks_read,
    s.tup_deleted AS rows_deleted, s.stats_reset,
    (to_jsonb(s) ->> 'checksum_failures')::bigint AS checksum_failures,
    (to_jsonb(s) ->> 'checksum_last_failure')::timestamptz AS checksum_failed_at,
    (to_jsonb(s) ->> 'sessions')::bigint AS sessions,
    (to_jsonb(s) ->> 'sessions_abandoned')::bigint AS abandoned,
    (to_jsonb(s) ->> 'sessions_fatal')::bigint AS fatal,
    (to_jsonb(s) ->> 'sessions_killed')::bigint AS killed,
    (to_jsonb(s) ->> 'active_time')::float8 AS active_ms,
    (to_jsonb(s) ->> 'idle_in_transaction_time')::float8 AS idle_in_transaction_ms
FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid
ORDER BY d.datname = current_database() DESC, d.datname LIMIT %(most)s
"""
_MOMENT = """
SELECT clock_timestamp() AS at, current_database() AS current, pg_postmaster_start_time() AS started
"""


@dataclass(frozen=True)
class Database:
    """One database and its counters since stats_reset, or since it was made. None: this version does not count it."""

    oid: int
    name: str
    owner: str
    template: bool
    allows: bool  # datallowconn
    limit: int  # datconnlimit: -1 is none, -2 an invalid database
    frozen_age: int  # transactions since the oldest that is not frozen
    multixact_age: int
    backends: int
    commits: int
    rollbacks: int
    deadlocks: int
    conflicts: int  # statements that replay on a standby has ended
    temp_files: int
    temp_bytes: int
    blocks_hit: int
    blocks_read: int
    rows_deleted: int
    stats_reset: datetime | None
    checksum_failures: int | None  # None: checksums are off
    checksum_failed_at: datetime | None
    sessions: int | None  # from version 14 on
    abandoned: int | None
    fatal: int | None
    killed: int | None
    active_ms: float | None
    idle_in_transaction_ms: float | None


@dataclass(frozen=True)
class Databases:
    """All databases at one moment; `current` is the one that was looked at."""

    at: datetime
    current: str
    started: datetime | None = None  # the server
    all: dict[str, Database] = field(default_factory=dict)

    @property
    def here(self) -> Database | None:
        """The database that was looked at."""
        return self.all.get(self.current)


def read(conn: Connection, sofar: Snapshot) -> Databases:
    """The databases and their counters now."""
    del sofar
    moment = conn.execute(_MOMENT).fetchone()
    assert moment is not None
    rows = conn.execute(_DATABASES, {"most": MOST}).fetchall()
    return Databases(**moment, all={row["name"]: Database(**row) for row in rows})


check = Check("databases", read, sampled=True)
