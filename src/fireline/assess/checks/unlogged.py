"""Unlogged tables, which a crash empties: what the catalogs remember of them, what is there, and when the server last came up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 100

# The checkpointer begins anew also when a crash of one process made the server begin anew without a new start.
# Counters are thrown away by a crash, so their age shows it.
_CAME_UP = """
SELECT clock_timestamp() AS at, pg_postmaster_start_time() AS started,
    (SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer') AS came_up,
    (SELECT stats_reset FROM pg_stat_bgwriter) AS counted_since,
    has_function_privilege('pg_stat_file(text,boolean)', 'EXECUTE') AS may_stat
"""
_TABLES = """
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name, c.reltuples::float8 AS remembered, c.relpages AS pages,
    pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_tuples_inserted(c.oid) AS inserted, pg_stat_get_tuples_deleted(c.oid) AS deleted
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence = 'u' AND c.relkind IN ('r', 'm') ORDER BY c.reltuples DESC LIMIT %(most)s
"""
_SIZES = """
SELECT oid::bigint AS oid, (pg_stat_file(pg_relation_filepath(oid), true)).size AS size FROM unnest(%(oids)s::oid[]) AS asked (oid)
"""


@dataclass(frozen=True)
class Unlogged:
    """One unlogged table. remembered: its rows when it was last analysed, -1 never. size: None when our role may not know."""

    oid: int
    schema: str
    name: str
    remembered: float
    pages: int
    live: int
    inserted: int
    deleted: int
    size: int | None = None


@dataclass(frozen=True)
class UnloggedTables:
    """The unlogged tables of the database, and when the server came up."""

    at: datetime
    started: datetime | None
    came_up: datetime | None
    counted_since: datetime | None
    tables: tuple[Unlogged, ...] = ()


def read(conn: Connection, sofar: Snapshot) -> UnloggedTables:
    """What is remembered and what is there."""
    del sofar
    up = conn.execute(_CAME_UP).fetchone()
    assert up is not None
    may = up.pop("may_stat")
    rows = conn.execute(_TABLES, {"most": MOST}).fetchall()
    sizes = {}
    if may and rows:
        found = conn.execute(_SIZES, {"oids": [row["oid"] for row in rows]}).fetchall()
        sizes = {row["oid"]: row["size"] for row in found}
    return UnloggedTables(**up, tables=tuple(Unlogged(**row, size=sizes.get(row["oid"])) for row in rows))


check = Check("unlogged", read)
