"""Where data lies and how much room is left there, told by this machine when the server runs on it; temporary files now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection
from fireline.postgres.disk import Room, beside_us, room

MOST = 50
_SHORT = 0.05  # free: then it is worth counting what the tablespace takes

_TABLESPACES = """
SELECT oid::bigint AS oid, spcname AS name, pg_tablespace_location(oid) AS location,
    oid = (SELECT dattablespace FROM pg_database WHERE datname = current_database()) AS home
FROM pg_tablespace ORDER BY oid LIMIT %(most)s
"""
_SERVER = """
SELECT clock_timestamp() AS at, (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS data,
    has_function_privilege('pg_ls_tmpdir(oid)', 'EXECUTE') AS may_list
"""
_TEMPORARY = """
SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes
FROM pg_tablespace t CROSS JOIN LATERAL pg_ls_tmpdir(t.oid) WHERE t.spcname <> 'pg_global'
"""
_USED = """
SELECT oid::bigint AS oid, pg_tablespace_size(oid) AS bytes FROM pg_tablespace
WHERE oid = ANY (%(oids)s::oid[]) AND (pg_has_role('pg_read_all_stats', 'USAGE') OR has_tablespace_privilege(oid, 'CREATE') OR oid = 1663)
"""


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
    here = bool(server["data"]) and beside_us(conn) and room(server["data"]) is not None
    temporary = conn.execute(_TEMPORARY).fetchone() if server["may_list"] else None
    rows = conn.execute(_TABLESPACES, {"most": MOST}).fetchall()
    places = [Tablespace(**row, room=room(row["location"] or server["data"]) if here else None) for row in rows]
    asked = sofar.complaint.about("disk")
    counted = [one.oid for one in places if (_is_short(one.room) if one.room else asked)]
    used = {row["oid"]: row["bytes"] for row in conn.execute(_USED, {"oids": counted}).fetchall()} if counted else {}
    return Space(
        at=server["at"],
        data=server["data"],
        local=here,
        tablespaces=tuple(replace(one, used=used.get(one.oid)) for one in places),
        wal=room(f"{server['data']}/pg_wal") if here else None,
        temporary_files=temporary["files"] if temporary else None,
        temporary_bytes=temporary["bytes"] if temporary else None,
    )


def _is_short(room: Room) -> bool:
    return room.free < _SHORT * room.total or room.files_free == 0


check = Check("space", read)
