"""What keeps write-ahead log: slots, the archiver, checkpoints; how much there is, and how fast it grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import DictRow

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST_SLOTS = 200

_POSITION = """
SELECT clock_timestamp() AS at, pg_is_in_recovery() AS standby,
    (CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
        ELSE pg_current_wal_insert_lsn() END - '0/0')::bigint AS position,
    has_function_privilege('pg_ls_waldir()', 'EXECUTE') AS may_list,
    has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE') AS may_list_status,
    EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('pg_catalog.pg_stat_checkpointer')) AS checkpointer,
    EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('pg_catalog.pg_stat_wal')) AS counted
"""
# Fields that came with a later version are asked for as fields that may be missing.
_SLOTS = """
SELECT slot_name AS name, slot_type AS kind, plugin, database, temporary, active, active_pid,
    age(xmin) AS xmin_age, age(catalog_xmin) AS catalog_xmin_age, (restart_lsn - '0/0')::bigint AS restart,
    to_jsonb(s) ->> 'wal_status' AS status, (to_jsonb(s) ->> 'safe_wal_size')::bigint AS safe_bytes,
    (to_jsonb(s) ->> 'inactive_since')::timestamptz AS inactive_since,
    coalesce(to_jsonb(s) ->> 'invalidation_reason', CASE WHEN to_jsonb(s) ->> 'conflicting' = 'true' THEN 'conflict' END) AS invalid
FROM pg_replication_slots s ORDER BY restart_lsn NULLS LAST LIMIT %(most)s
"""
_ARCHIVER = """
SELECT archived_count AS archived, last_archived_wal AS last_archived, last_archived_time AS archived_at,
    failed_count AS failed, last_failed_wal AS last_failed, last_failed_time AS failed_at, stats_reset
FROM pg_stat_archiver
"""
_CHECKPOINTER = """
SELECT num_timed AS timed, num_requested AS requested, write_time AS write_ms, sync_time AS sync_ms, stats_reset FROM pg_stat_checkpointer
"""
_BGWRITER = """
SELECT checkpoints_timed AS timed, checkpoints_req AS requested, checkpoint_write_time AS write_ms, checkpoint_sync_time AS sync_ms, stats_reset
FROM pg_stat_bgwriter
"""
# The names of files are in their order, but for the timeline, which comes first.
_FILES = """
SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS size,
    coalesce(sum(size) FILTER (WHERE substr(name, 9) < (SELECT substr(redo_wal_file, 9) FROM pg_control_checkpoint())), 0)::bigint AS past
FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'
"""
_WRITTEN = "SELECT wal_bytes::bigint AS written FROM pg_stat_wal"
_READY = r"SELECT count(*) AS ready FROM pg_ls_archive_statusdir() WHERE name ~ '\.ready$'"


@dataclass(frozen=True)
class Slot:
    """One replication slot. retained: bytes of log from its start to the newest; None once it is invalid or was never used."""

    name: str
    kind: str  # physical, logical
    plugin: str | None
    database: str | None
    temporary: bool
    active: bool
    active_pid: int | None
    xmin_age: int | None
    catalog_xmin_age: int | None
    retained: int | None
    status: str | None  # reserved, extended, unreserved, lost
    safe_bytes: int | None  # until max_slot_wal_keep_size would end it; None: no limit
    inactive_since: datetime | None  # from version 17 on
    invalid: str | None


@dataclass(frozen=True)
class Archiver:
    """What pg_stat_archiver counts since stats_reset."""

    archived: int
    last_archived: str | None
    archived_at: datetime | None
    failed: int
    last_failed: str | None
    failed_at: datetime | None
    stats_reset: datetime | None


@dataclass(frozen=True)
class Checkpoints:
    """Checkpoints since stats_reset: by the clock, and asked for by a full log or by somebody."""

    timed: int
    requested: int
    write_ms: float
    sync_ms: float
    stats_reset: datetime | None


@dataclass(frozen=True)
class Wal:
    """The log at one moment. position: its newest byte. files, size, past, ready: None when our role may not list the folder.

    past: bytes older than a crash would need, so kept for somebody. written: bytes since the counters were reset.
    """

    at: datetime
    standby: bool
    position: int
    slots: tuple[Slot, ...]
    archiver: Archiver
    checkpoints: Checkpoints
    files: int | None
    size: int | None
    past: int | None
    ready: int | None  # files that wait to be archived
    written: int | None = None


def read(conn: Connection, sofar: Snapshot) -> Wal:
    """What keeps log now; the folder is listed in the first sample alone."""
    now = conn.execute(_POSITION).fetchone()
    archiver = conn.execute(_ARCHIVER).fetchone()
    assert now is not None
    assert archiver is not None
    checkpoints = conn.execute(_CHECKPOINTER if now["checkpointer"] else _BGWRITER).fetchone()
    assert checkpoints is not None
    position = int(now["position"] or 0)
    before = sofar.last("wal", Wal)
    files, size, past, ready = (before.files, before.size, before.past, before.ready) if before else _folder(conn, now)
    written = conn.execute(_WRITTEN).fetchone() if now["counted"] else None
    slots = conn.execute(_SLOTS, {"most": MOST_SLOTS}).fetchall()
    return Wal(
        at=now["at"],
        standby=now["standby"],
        position=position,
        slots=tuple(_slot(row, position) for row in slots),
        archiver=Archiver(**archiver),
        checkpoints=Checkpoints(**checkpoints),
        files=files,
        size=size,
        past=past,
        ready=ready,
        written=written["written"] if written else None,
    )


def _slot(row: DictRow, position: int) -> Slot:
    start = row.pop("restart")
    return Slot(**row, retained=None if start is None else max(position - int(start), 0))


def _folder(conn: Connection, may: DictRow) -> tuple[int | None, int | None, int | None, int | None]:
    listed = conn.execute(_FILES).fetchone() if may["may_list"] else None
    waiting = conn.execute(_READY).fetchone() if may["may_list_status"] else None
    ready = waiting["ready"] if waiting else None
    return (listed["files"], listed["size"], listed["past"], ready) if listed else (None, None, None, ready)


def blind(reading: Wal) -> str | None:
    """Why the reading shows only a part."""
    return "may not list the folder of the log; grant it pg_monitor" if reading.size is None else None


check = Check("wal", read, sampled=True, blind=blind)
