"""Sequences: how far each is, where its numbers end, and which column takes them.

What is locked is left out: reading a sequence takes a weak lock on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import DictRow

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_CEILINGS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
MOST = 300  # those of tables with most rows and most inserts; each is locked weakly until the reading is over

# A column takes numbers because it owns the sequence (serial, identity) or because its default calls it.
_SEQUENCES = """
WITH locked AS MATERIALIZED (
    SELECT l.relation FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relkind = 'S'
    WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')),
owned AS MATERIALIZED (
    SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid AS number FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
      AND d.objid IN (SELECT seqrelid FROM pg_sequence)
    UNION
    SELECT d.refobjid, f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid IN (SELECT seqrelid FROM pg_sequence)),
chosen AS MATERIALIZED (
    SELECT s.*, o.relation, o.number FROM pg_sequence s JOIN pg_class q ON q.oid = s.seqrelid AND q.relpersistence <> 't'
    LEFT JOIN owned o ON o.sequence = s.seqrelid LEFT JOIN pg_class t ON t.oid = o.relation
    WHERE s.seqrelid >= 16384
    ORDER BY coalesce(q.relname = ANY (%(names)s) OR t.relname = ANY (%(names)s) OR o.relation IN (
            SELECT i.indrelid FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid WHERE k.relname = ANY (%(names)s)), false) DESC,
        greatest(t.reltuples, pg_stat_get_tuples_inserted(t.oid)) DESC NULLS LAST, s.seqrelid LIMIT %(most)s)
SELECT s.seqrelid::int8 AS oid, n.nspname::text AS schema, q.relname::text AS name, pg_get_userbyid(q.relowner)::text AS owner,
    format_type(s.seqtypid, NULL) AS type, s.seqincrement AS step, s.seqmin AS least, s.seqmax AS most, s.seqcycle AS cycles, s.seqcache AS cached,
    s.relation::int8 AS relation, tn.nspname::text AS table_schema, t.relname::text AS table_name,
    a.attname::text AS "column", format_type(a.atttypid, NULL) AS column_type, a.attidentity::text AS identity,
    greatest(t.reltuples, 0)::float8 AS rows,
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = s.relation AND i.indisvalid AND i.indkey[0] = s.number) AS indexed,
    ARRAY(SELECT k.relname::text FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid
        WHERE i.indrelid = s.relation AND i.indisunique AND s.number = ANY (i.indkey::int2[]) ORDER BY 1) AS keys,
    has_sequence_privilege(s.seqrelid, 'SELECT,USAGE') AS readable, s.seqrelid IN (SELECT relation FROM locked) AS locked,
    CASE WHEN has_sequence_privilege(s.seqrelid, 'SELECT,USAGE') AND s.seqrelid NOT IN (SELECT relation FROM locked)
         THEN pg_sequence_last_value(s.seqrelid) END AS last
FROM chosen s JOIN pg_class q ON q.oid = s.seqrelid JOIN pg_namespace n ON n.oid = q.relnamespace
LEFT JOIN pg_class t ON t.oid = s.relation LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = s.relation AND a.attnum = s.number
"""
# The largest value that ANALYZE met; shown to whoever may read the column. Asked one by one, as in `tables`.
_HIGHEST = """
SELECT s.schemaname::text AS schema, s.tablename::text AS name, s.attname::text AS "column",
    s.histogram_bounds::text::text[] AS bounds
FROM unnest(%(schemas)s::name[], %(tables)s::name[], %(columns)s::name[]) asked (schema, name, "column") CROSS JOIN LATERAL (
    SELECT * FROM pg_stats p WHERE p.schemaname = asked.schema AND p.tablename = asked.name AND p.attname = asked."column" AND NOT p.inherited OFFSET 0) s
"""


@dataclass(frozen=True)
class Sequence:
    """One sequence with the column that takes its numbers, if any."""

    oid: int
    schema: str
    name: str
    type: str  # smallint, integer, bigint
    step: int
    least: int
    most: int
    cycles: bool
    last: int | None  # None: never called, locked, or our role may not read it
    readable: bool = True
    locked: bool = False
    owner: str = ""
    cached: int = 1
    relation: int | None = None  # the table's number
    table_schema: str | None = None
    table_name: str | None = None
    column: str | None = None
    column_type: str | None = None
    identity: str | None = None  # a always, d by default
    rows: float = 0.0  # of the table
    indexed: bool = False  # an index leads with the column
    keys: tuple[str, ...] = ()  # unique indexes that hold the column
    highest: int | None = None  # value in the column when it was last analysed
    beyond: int = 0  # of some hundred values, evenly spread over the rows, that ANALYZE kept: those above `last`

    @property
    def path(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"

    @property
    def table(self) -> str | None:
        """Schema and name of the table, without quotes."""
        return f"{self.table_schema}.{self.table_name}" if self.table_name else None

    @property
    def ceiling(self) -> int:
        """The last number that fits: into the sequence, and into the column."""
        return min(self.most, _CEILINGS.get(self.column_type or "", self.most))

    @property
    def used(self) -> float:
        """How much of its numbers is used up, 0 to 1 and beyond."""
        span = self.ceiling - self.least
        return ((self.last if self.last is not None else self.least) - self.least) / span if span > 0 else 1.0


@dataclass(frozen=True)
class Sequences:
    """The sequences read."""

    sequences: tuple[Sequence, ...] = ()
    hidden: int = 0  # which our role may not read


def read(conn: Connection, sofar: Snapshot) -> Sequences:
    """The sequences of the tables with most rows and inserts, those that the complaint names first."""
    names = [name.rpartition(".")[2] for name in sofar.complaint.names]
    rows = conn.execute(_SEQUENCES.encode(), {"names": names, "most": MOST}).fetchall()
    taking = [row for row in rows if row["column"] and row["readable"]]
    asked = {
        key: [row[source] for row in taking]
        for key, source in (("schemas", "table_schema"), ("tables", "table_name"), ("columns", "column"))
    }
    kept: dict[tuple[str, str, str], list[int]] = {}
    for row in conn.execute(_HIGHEST.encode(), asked).fetchall() if taking else []:
        bounds = [int(one) for one in row["bounds"] or () if one and one.lstrip("-").isdigit()]
        kept[row["schema"], row["name"], row["column"]] = bounds
    made = tuple(_sequence(row, kept.get((row["table_schema"], row["table_name"], row["column"]), [])) for row in rows)
    return Sequences(made, sum(not one.readable for one in made))


def _sequence(row: DictRow, kept: list[int]) -> Sequence:
    last = row["last"] if row["last"] is not None else row["least"] - row["step"]
    more = {"keys": tuple(row["keys"]), "highest": max(kept, default=None), "beyond": sum(one > last for one in kept)}
    return Sequence(**{**row, **more})


def blind(reading: Sequences) -> str | None:
    """Why the reading shows only a part."""
    return f"may not read {reading.hidden} sequences; grant it pg_read_all_data" if reading.hidden else None


check = Check("sequences", read, blind=blind, wanted=lambda sofar: True)  # behind all others, as it takes a weak lock
