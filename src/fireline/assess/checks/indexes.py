"""The indexes of the tables that `tables` reads, and every invalid one: what they are on, their flags and their use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg.rows import DictRow

from fireline.assess.checks.tables import Tables, chosen
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

# An index is under way while a command reports it, or, where our role is not shown which, while a command holds the
# lock of one on its table.
_INDEXES = """
WITH building AS MATERIALIZED (
    SELECT p.relid, p.index_relid, p.phase IS NULL AS hidden FROM pg_stat_progress_create_index p WHERE p.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())),
wanted AS MATERIALIZED (
    SELECT DISTINCT w.indexrelid FROM (
        (SELECT x.indexrelid FROM pg_index x WHERE NOT x.indisvalid AND x.indrelid >= 16384 LIMIT 500)
        UNION ALL (SELECT x.indexrelid FROM pg_index x WHERE x.indrelid = ANY (%(tables)s::oid[]) LIMIT 3000)) w)
SELECT i.indexrelid::int8 AS oid, i.indrelid::int8 AS "table", n.nspname::text AS schema, c.relname::text AS name,
    t.relname::text AS table_name, c.relkind::text AS kind, am.amname::text AS method,
    i.indisunique AS "unique", i.indisprimary AS "primary", i.indisexclusion AS exclusion, i.indisvalid AS valid, i.indisready AS ready,
    i.indislive AS live, i.indisreplident AS identity, i.indpred IS NOT NULL AS partial, i.indimmediate AS immediate,
    i.indkey::int2[] AS keys, i.indnkeyatts AS own_keys, i.indoption::int2[] AS directions,
    (SELECT array_agg((SELECT o.opcname::text FROM pg_opclass o WHERE o.oid = u.opc) ORDER BY u.place) FROM unnest(i.indclass::oid[]) WITH ORDINALITY u(opc, place)) AS classes,
    (SELECT array_agg(CASE u.coll WHEN 100 THEN (SELECT d.datcollate::text FROM pg_database d WHERE d.datname = current_database())
        ELSE coalesce((SELECT l.collcollate::text FROM pg_collation l WHERE l.oid = u.coll), '') END ORDER BY u.place)
     FROM unnest(i.indcollation::oid[]) WITH ORDINALITY u(coll, place)) AS collations,
    left(i.indexprs::text, 20000) AS tree, left(i.indpred::text, 4000) AS predicate_tree,
    pg_stat_get_numscans(i.indexrelid) AS scans, c.relpages AS pages, c.reltuples::float8 AS tuples,
    (SELECT inh.inhparent::int8 FROM pg_inherits inh WHERE inh.inhrelid = i.indexrelid) AS parent,
    (SELECT con.conname::text FROM pg_constraint con WHERE con.conrelid = i.indrelid AND con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x') LIMIT 1) AS "constraint",
    EXISTS (SELECT FROM building b WHERE b.index_relid = i.indexrelid OR (coalesce(b.index_relid, 0) = 0 AND b.relid = i.indrelid))
    OR (NOT i.indisvalid AND EXISTS (SELECT FROM building b WHERE b.hidden)
        AND EXISTS (SELECT FROM pg_locks k WHERE k.relation = i.indrelid AND k.mode = 'ShareUpdateExclusiveLock' AND k.granted)) AS building
FROM wanted JOIN pg_index i ON i.indexrelid = wanted.indexrelid JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = c.relam
WHERE t.relkind IN ('r', 'p', 'm')
ORDER BY i.indisvalid, i.indrelid, i.indexrelid
"""
_FUNCTIONS = "SELECT p.oid::int8 AS oid, p.proname::text AS name FROM pg_proc p WHERE p.oid = ANY (%(oids)s::oid[])"
_CALLED = re.compile(r":(?:funcid|opfuncid) (\d+)")
_MEANT = re.compile(r":varattno (\d+)")


@dataclass(frozen=True)
class Index:
    """One index. keys: the numbers of its columns in their order, 0 for an expression; included ones are apart."""

    oid: int
    table: int
    schema: str
    name: str
    table_name: str
    kind: str = "i"  # i, I of a partitioned table
    method: str = "btree"
    unique: bool = False
    primary: bool = False
    exclusion: bool = False
    valid: bool = True
    ready: bool = True
    live: bool = True
    identity: bool = False  # the replica identity
    partial: bool = False
    immediate: bool = True
    keys: tuple[int, ...] = ()
    included: tuple[int, ...] = ()
    directions: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    collations: tuple[str, ...] = ()  # how each key is sorted: C, en_US.utf8; empty for what is no text
    expression_columns: frozenset[int] = frozenset()  # which columns its expressions are made from
    expression_calls: frozenset[str] = frozenset()  # and the functions in them
    tree: str | None = None  # its expressions as stored
    predicate_tree: str | None = None
    scans: int = 0
    pages: int = 0
    tuples: float = 0.0
    parent: int | None = None  # the index of the partitioned table
    constraint: str | None = None  # that it stands for
    building: bool = False

    @property
    def path(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"

    @property
    def usable(self) -> bool:
        """Whether the planner may use it."""
        return self.valid and self.ready and self.live

    def same_as(self, other: Index) -> bool:
        """Whether both hold the same, whatever their names, flags and state."""
        return self._shape == other._shape

    @property
    def _shape(self) -> tuple[Any, ...]:
        return (self.table, self.method, self.keys, self.included, self.directions, self.classes, self.collations, _bare(self.tree), _bare(self.predicate_tree))  # fmt: skip


def _bare(tree: str | None) -> str | None:
    return re.sub(r" :location -?\d+", "", tree) if tree else None


@dataclass(frozen=True)
class Indexes:
    """The indexes read, the invalid ones first."""

    indexes: tuple[Index, ...] = ()

    @cached_property
    def by_table(self) -> dict[int, tuple[Index, ...]]:
        """By the number of the table."""
        found: dict[int, list[Index]] = {}
        for one in self.indexes:
            found.setdefault(one.table, []).append(one)
        return {table: tuple(group) for table, group in found.items()}

    def of(self, table: int) -> tuple[Index, ...]:
        """Those of a table."""
        return self.by_table.get(table, ())

    def leading(self, table: int, column: int) -> tuple[Index, ...]:
        """Those of a table that begin with a column, valid or not."""
        return tuple(one for one in self.of(table) if one.keys[:1] == (column,))


def read(conn: Connection, sofar: Snapshot) -> Indexes:
    """The indexes of the chosen tables, and every one that is not valid."""
    seen = sofar.last("tables", Tables)
    tables = [one.oid for one in seen.tables] if seen else chosen(conn, sofar)
    rows = conn.execute(_INDEXES, {"tables": tables}).fetchall()
    called = sorted({int(number) for row in rows for number in _CALLED.findall(row["tree"] or "")})
    names = _names(conn, called) if called else {}
    return Indexes(tuple(_index(row, names) for row in rows))


def _names(conn: Connection, oids: list[int]) -> dict[int, str]:
    return {row["oid"]: row["name"] for row in conn.execute(_FUNCTIONS, {"oids": oids}).fetchall()}


def _index(row: DictRow, names: dict[int, str]) -> Index:
    keys, own, tree = row.pop("keys"), row.pop("own_keys"), row["tree"] or ""
    arrays: dict[str, Any] = {name: tuple(row.pop(name) or ()) for name in ("directions", "classes", "collations")}
    calls = frozenset(names[int(number)] for number in _CALLED.findall(tree) if int(number) in names)
    columns = frozenset(int(number) for number in _MEANT.findall(tree))
    return Index(
        **row,
        **arrays,
        keys=tuple(keys[:own]),
        included=tuple(keys[own:]),
        expression_columns=columns,
        expression_calls=calls,
    )


check = Check("indexes", read, wanted=lambda sofar: True)  # behind all others, as `tables` chose the tables already
