"""Where data lies and how much room is left there, told by this machine when the server runs on it; temporary files now."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 50
_SHORT = 0.05  # free: then it is worth counting what the tablespace takes

_TABLESPACES = """
SELECT oid::bigint AS oid, spcname AS name, pg_tablespace_location(oid) AS location,
    oid = (SELECT dattablespace FROM pg_database WHERE datname = current_database()) AS home
FROM pg_tablespace ORDER BY oid LIMIT %(most)s
"""
_SERVER = """
SELECT clock_timestamp() AS at, (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS data,
    has_function_privilege('pg_ls_tmpdir(oid)', 'EXECUTE') AS may_list,
    has_function_privilege('pg_stat_file(text)', 'EXECUTE') AS may_stat
"""
_TEMPORARY = """
SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes
FROM pg_tablespace t CROSS JOIN LATERAL pg_ls_tmpdir(t.oid) WHERE t.spcname <> 'pg_global'
"""
_USED = """
SELECT oid::bigint AS oid, pg_tablespace_size(oid) AS bytes FROM pg_tablespace
WHERE oid = ANY (%(oids)s::oid[]) AND (pg_has_role('pg_read_all_stats', 'USAGE') OR has_tablespace_privilege(oid, 'CREATE') OR oid = 1663)
"""
_TOUCHED = "SELECT modification AS at FROM pg_stat_file('postmaster.pid', true)"


@dataclass(frozen=True)
class Room:
    """A file system that the server writes to."""

    total: int
    free: int  # for an ordinary account
    files_free: int | None  # None: it has no limit of files


@dataclass(frozen=True)
class Tablespace:
    """A place for data. room: None when this machine can not tell. used: counted only where room is short, or asked about."""

    oid: int
    name: str
    location: str  # empty: in the data folder
    home: bool  # of the database looked at
    room: Room | None
    used: int | None = None


@dataclass(frozen=True)
class Space:
    """Room by tablespace, of the log, and what temporary files take now."""

    at: datetime
    data: str | None  # the data folder; None when our role may not know
    local: bool  # the server runs on this machine
    tablespaces: tuple[Tablespace, ...] = ()
    wal: Room | None = None
    temporary_files: int | None = None
    temporary_bytes: int | None = None


def read(conn: Connection, sofar: Snapshot) -> Space:
    """The places and the room in each."""
    server = conn.execute(_SERVER).fetchone()
    assert server is not None
    here = _here(conn, server["data"], server["may_stat"])
    temporary = conn.execute(_TEMPORARY).fetchone() if server["may_list"] else None
    rows = conn.execute(_TABLESPACES, {"most": MOST}).fetchall()
    places = [Tablespace(**row, room=_room(row["location"] or server["data"]) if here else None) for row in rows]
    asked = sofar.complaint.about("disk")
    counted = [one.oid for one in places if (_is_short(one.room) if one.room else asked)]
    used = {row["oid"]: row["bytes"] for row in conn.execute(_USED, {"oids": counted}).fetchall()} if counted else {}
    return Space(
        at=server["at"],
        data=server["data"],
        local=here,
        tablespaces=tuple(replace(one, used=used.get(one.oid)) for one in places),
        wal=_room(f"{server['data']}/pg_wal") if here else None,
        temporary_files=temporary["files"] if temporary else None,
        temporary_bytes=temporary["bytes"] if temporary else None,
    )


def _here(conn: Connection, data: str | None, may_stat: bool) -> bool:
    """Whether the data folder lies on this machine: the server came by a socket or loopback, and the folder is this one."""
    host = conn.info.host or "/"
    if not data or not (host.startswith("/") or conn.info.hostaddr in ("127.0.0.1", "::1")):
        return False
    lock = Path(data) / "postmaster.pid"
    try:
        seen = lock.stat().st_mtime
    except PermissionError:
        return host.startswith("/") and _room(data) is not None
    except OSError:
        return False
    row = conn.execute(_TOUCHED).fetchone() if may_stat else None
    return abs(row["at"].timestamp() - seen) < 1 if row and row["at"] else True


def _is_short(room: Room) -> bool:
    return room.free < _SHORT * room.total or room.files_free == 0


def _room(place: str) -> Room | None:
    try:
        seen = os.statvfs(place)
    except OSError:
        return None
    return Room(seen.f_blocks * seen.f_frsize, seen.f_bavail * seen.f_frsize, seen.f_favail if seen.f_files else None)


check = Check("space", read)
