"""Collations whose rules are not those any more that the indexes were built with, and the indexes that are sorted by them."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 500  # indexes

# Only collations that an index or the database uses are compared: opening all of ICU's takes long.
_USED = """
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.collname::text AS name, c.collprovider::text AS provider,
    c.collversion AS recorded, pg_collation_actual_version(c.oid) AS actual
FROM (SELECT DISTINCT k.used AS oid FROM pg_index i CROSS JOIN LATERAL unnest(i.indcollation) k(used)
      WHERE k.used <> 0 AND i.indexrelid >= 16384) used
JOIN pg_collation c ON c.oid = used.oid JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE c.collversion IS NOT NULL LIMIT 1000
"""
_HAS_VERSION = """
SELECT FROM pg_attribute WHERE attrelid = 'pg_database'::regclass AND attname = 'datcollversion' AND NOT attisdropped
"""
_DATABASE = """
SELECT datcollversion AS recorded, pg_database_collation_actual_version(oid) AS actual FROM pg_database WHERE datname = current_database()
"""
# 100 is the collation of the database itself.
_INDEXES = """
SELECT i.indexrelid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, t.relname::text AS "table",
    ARRAY(SELECT DISTINCT k::int8 FROM unnest(i.indcollation) k WHERE k = ANY (%(collations)s::oid[])) AS collations,
    i.indisunique AS "unique", c.reltuples::float8 AS rows
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class t ON t.oid = i.indrelid
WHERE i.indexrelid >= 16384 AND c.relkind = 'i' AND i.indcollation::oid[] && %(collations)s::oid[] AND c.relpersistence <> 't'
ORDER BY c.reltuples DESC, i.indexrelid LIMIT %(most)s
"""
DATABASE = 100


@dataclass(frozen=True)
class Collation:
    """One collation whose rules have changed. oid 100: the database's own."""

    oid: int
    schema: str
    name: str
    provider: str
    recorded: str
    actual: str


@dataclass(frozen=True)
class Dependent:
    """An index that is sorted by such a collation."""

    oid: int
    schema: str
    name: str
    table: str
    collations: tuple[int, ...]
    unique: bool
    rows: float


@dataclass(frozen=True)
class Collations:
    """What has changed, and what was sorted by it."""

    changed: tuple[Collation, ...] = ()
    indexes: tuple[Dependent, ...] = ()
    database: str = ""


def read(conn: Connection, sofar: Snapshot) -> Collations:
    """Collations in use whose recorded version is not what the system has now."""
    changed = [
        Collation(**row) for row in conn.execute(_USED).fetchall() if row["actual"] and row["recorded"] != row["actual"]
    ]
    database = sofar.server.database if sofar.server else ""
    if conn.execute(_HAS_VERSION).fetchone() is not None:
        row = conn.execute(_DATABASE).fetchone()
        if row and row["recorded"] and row["actual"] and row["recorded"] != row["actual"]:
            changed.append(Collation(DATABASE, "pg_catalog", "default", "d", row["recorded"], row["actual"]))
    if not changed:
        return Collations(database=database)
    rows = conn.execute(_INDEXES, {"collations": [one.oid for one in changed], "most": MOST}).fetchall()
    indexes = tuple(Dependent(**{**row, "collations": tuple(row["collations"])}) for row in rows)
    return Collations(tuple(changed), indexes, database)


check = Check("collations", read)
