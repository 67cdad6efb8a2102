"""Declared foreign keys: columns, flags, who enforces them, and the indexes of both sides; from the catalogs alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 1000  # the suspicious ones first, then those of the largest tables

# What versions add is read from the row as JSON: conenforced and conperiod came with 18.
_KEYS = """
WITH off AS (
    SELECT g.tgconstraint AS key FROM pg_trigger g WHERE g.tgisinternal AND g.tgconstraint <> 0 AND g.tgenabled IN ('D', 'R')
), chosen AS (
    SELECT c.oid, count(*) OVER () AS total FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE c.contype = 'f' AND c.conparentid = 0
    ORDER BY NOT c.convalidated OR c.oid IN (SELECT off.key FROM off) DESC, r.relpages DESC, c.oid LIMIT %(most)s
)
SELECT c.oid::bigint AS oid, chosen.total, c.conname AS name, c.conrelid::bigint AS child_oid, c.confrelid::bigint AS parent_oid,
    n.nspname::text AS schema, format('%%I.%%I', n.nspname, r.relname) AS child, format('%%I.%%I', pn.nspname, p.relname) AS parent,
    r.relkind::text AS child_kind, p.relkind::text AS parent_kind, k.*, c.conindid::bigint AS parent_index,
    c.confmatchtype = 'f' AS full_match, c.convalidated AS validated, c.confdeltype::text AS on_delete,
    coalesce((to_jsonb(c) ->> 'conenforced')::bool, true) AS enforced, coalesce((to_jsonb(c) ->> 'conperiod')::bool, false) AS period
FROM chosen JOIN pg_constraint c ON c.oid = chosen.oid JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
JOIN pg_class p ON p.oid = c.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY i.place) AS columns, array_agg(b.attname::text ORDER BY i.place) AS parent_columns,
        array_agg(a.attnum::int ORDER BY i.place) AS numbers, array_agg(b.attnum::int ORDER BY i.place) AS parent_numbers,
        array_agg(format('OPERATOR(%%I.%%s)', o_n.nspname, o.oprname) ORDER BY i.place) AS operators,
        array_agg(CASE WHEN a.attcollation <> b.attcollation AND a.attcollation <> 0 AND b.attcollation <> 0
            THEN format('%%I.%%I', l_n.nspname, l.collname) ELSE '' END ORDER BY i.place) AS collations
    FROM unnest(c.conkey, c.confkey, c.conpfeqop) WITH ORDINALITY i (own, theirs, operator, place)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = i.own
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = i.theirs
    JOIN pg_operator o ON o.oid = i.operator JOIN pg_namespace o_n ON o_n.oid = o.oprnamespace
    LEFT JOIN pg_collation l ON l.oid = b.attcollation LEFT JOIN pg_namespace l_n ON l_n.oid = l.collnamespace
) k
ORDER BY NOT c.convalidated DESC, r.relpages DESC, c.oid
"""
_TRIGGERS = """
SELECT g.tgconstraint::bigint AS key, g.tgname AS name, g.tgenabled::text AS state,
    format('%I.%I', n.nspname, r.relname) AS relation, g.tgrelid::bigint AS relation_oid, g.tgrelid = c.conrelid AS of_child
FROM pg_trigger g JOIN pg_class r ON r.oid = g.tgrelid JOIN pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_constraint c ON c.oid = g.tgconstraint AND c.contype = 'f'
WHERE g.tgenabled IN ('D', 'R') AND (NOT g.tgisinternal OR c.oid IS NOT NULL)
ORDER BY g.tgisinternal DESC, g.oid LIMIT 1000
"""
_ROOTS = """
WITH RECURSIVE up AS (
    SELECT oid AS key, oid, conparentid FROM pg_constraint WHERE oid = ANY (%s::oid[])
    UNION ALL SELECT up.key, c.oid, c.conparentid FROM up JOIN pg_constraint c ON c.oid = up.conparentid
)
SELECT key::bigint AS key, oid::bigint AS root FROM up WHERE conparentid = 0
"""
_INDEXES = """
SELECT i.indexrelid::bigint AS oid, i.indrelid::bigint AS relation, format('%%I.%%I', n.nspname, r.relname) AS name, i.indisunique AS is_unique,
    (i.indkey::int2[])[0:i.indnkeyatts - 1]::int[] AS numbers
FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_am m ON m.oid = r.relam
WHERE i.indrelid = ANY (%s::oid[]) AND i.indisvalid AND i.indisready AND i.indpred IS NULL AND m.amname = 'btree'
ORDER BY i.indnkeyatts, i.indexrelid
"""
_SIZES = """
WITH RECURSIVE tree AS (
    SELECT o AS root, o AS oid FROM unnest(%s::oid[]) o
    UNION ALL SELECT tree.root, h.inhrelid FROM tree JOIN pg_inherits h ON h.inhparent = tree.oid
    JOIN pg_class t ON t.oid = tree.oid AND t.relkind = 'p'
)
SELECT tree.root::bigint AS oid, sum(r.reltuples)::float8 AS rows, sum(r.relpages)::bigint AS pages, sum(r.relallvisible)::bigint AS visible,
    bool_or(r.reltuples < 0 OR r.reltuples = 0 AND r.relpages = 0) AS unknown
FROM tree JOIN pg_class r ON r.oid = tree.oid WHERE r.relkind <> 'p' GROUP BY tree.root
"""


@dataclass(frozen=True)
class DisabledTrigger:
    """A trigger that does not fire in an ordinary session. constraint: the root foreign key it enforces; None: it is the team's own."""

    name: str
    relation: str
    state: str  # D: never fires; R: fires only for a replica
    constraint: int | None = None
    of_child: bool = True  # checks rows that refer; else guards rows that are referred to


@dataclass(frozen=True)
class Size:
    """How large a table is, as its last VACUUM or ANALYZE saw it, partitions included. rows: None when it was never counted."""

    rows: float | None = None
    pages: int = 0
    visible: int = 0  # pages on which every row is visible to all


@dataclass(frozen=True)
class ForeignKey:
    """One declared foreign key, of the root where tables are partitioned; relation names are quoted and qualified."""

    oid: int
    name: str
    child: str
    parent: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    operators: tuple[str, ...] = ()  # parent column OPERATOR(…) child column
    collations: tuple[str, ...] = ()  # the parent's, where the child's is another; else empty
    child_kind: str = "r"  # p: partitioned
    parent_kind: str = "r"
    full_match: bool = False
    validated: bool = True
    enforced: bool = True
    period: bool = False  # the last column is a range that the parent's ranges must cover
    on_delete: str = "a"  # a no action, r restrict, c cascade, n set null, d set default
    child_index: str | None = None  # a whole, valid btree that begins with the columns
    child_index_oid: int | None = None
    parent_index: str | None = None  # the unique one that the constraint stands on, while it is usable
    parent_index_oid: int | None = None
    child_size: Size = field(default_factory=Size)
    parent_size: Size = field(default_factory=Size)
    child_oid: int = 0
    parent_oid: int = 0
    schema: str = "public"  # the child's

    @property
    def title(self) -> str:
        """Its name with its table, as a person says it."""
        return f"{self.name} on {self.child}"


@dataclass(frozen=True)
class ForeignKeys:
    """The foreign keys of the database. total: how many there are, when not all are listed."""

    keys: tuple[ForeignKey, ...] = ()
    disabled: tuple[DisabledTrigger, ...] = ()
    total: int = 0

    def key(self, oid: int) -> ForeignKey | None:
        """A key by number."""
        return next((one for one in self.keys if one.oid == oid), None)

    def disabled_of(self, key: ForeignKey) -> tuple[DisabledTrigger, ...]:
        """The triggers that should enforce a key, and do not."""
        return tuple(one for one in self.disabled if one.constraint == key.oid)


def read(conn: Connection, sofar: Snapshot) -> ForeignKeys:
    """All of them, up to MOST."""
    del sofar
    return foreign_keys(conn)


def foreign_keys(conn: Connection, most: int = MOST) -> ForeignKeys:
    """The declared foreign keys of the database that `conn` is connected to."""
    rows = conn.execute(_KEYS, {"most": most}).fetchall()
    disabled = _disabled(conn)
    if not rows:
        return ForeignKeys((), disabled, 0)
    relations = list({row[side] for row in rows for side in ("child_oid", "parent_oid")})
    indexes: dict[int, list[dict[str, Any]]] = {}
    for index in conn.execute(_INDEXES, [relations]).fetchall():
        indexes.setdefault(index["relation"], []).append(index)
    sizes = {
        row["oid"]: Size(None if row["unknown"] else row["rows"], row["pages"], row["visible"])
        for row in conn.execute(_SIZES, [relations]).fetchall()
    }
    return ForeignKeys(tuple(_key(row, indexes, sizes) for row in rows), disabled, rows[0]["total"])


def _disabled(conn: Connection) -> tuple[DisabledTrigger, ...]:
    rows = conn.execute(_TRIGGERS).fetchall()
    constraints = [row["key"] for row in rows if row["of_child"] is not None]
    found = conn.execute(_ROOTS, [constraints]).fetchall() if constraints else []
    roots = {row["key"]: row["root"] for row in found}
    return tuple(
        DisabledTrigger(row["name"], row["relation"], row["state"], roots.get(row["key"]), bool(row["of_child"]))
        for row in rows
    )


def _key(row: dict[str, Any], indexes: dict[int, list[dict[str, Any]]], sizes: dict[int, Size]) -> ForeignKey:
    parent = next((one for one in indexes.get(row["parent_oid"], []) if one["oid"] == row["parent_index"]), None)
    child = _leading(row, parent, indexes.get(row["child_oid"], []))
    texts = ("columns", "parent_columns", "operators", "collations")
    plain = ("oid", "name", "child", "parent", "child_kind", "parent_kind", "full_match", "validated", "enforced")
    more = ("period", "on_delete", "child_oid", "parent_oid", "schema")
    told: dict[str, Any] = {name: row[name] for name in (*plain, *more)} | {name: tuple(row[name]) for name in texts}
    return ForeignKey(
        **told,
        child_index=child["name"] if child else None,
        child_index_oid=child["oid"] if child else None,
        parent_index=parent["name"] if parent else None,
        parent_index_oid=parent["oid"] if parent else None,
        child_size=sizes.get(row["child_oid"], Size()),
        parent_size=sizes.get(row["parent_oid"], Size()),
    )


def _leading(
    row: dict[str, Any], parent: dict[str, Any] | None, indexes: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The child's index that begins with the key's columns; best in the order of the parent's index, as a merge wants it."""
    numbers: list[int] = row["numbers"]
    fitting = [one for one in indexes if set(one["numbers"][: len(numbers)]) == set(numbers)]
    if parent is not None:
        child_of = dict(zip(row["parent_numbers"], numbers, strict=True))
        order = [child_of.get(number) for number in parent["numbers"]]
        fitting.sort(key=lambda one: one["numbers"][: len(numbers)] != order)
    return fitting[0] if fitting else None


check = Check("foreign_keys", read)
