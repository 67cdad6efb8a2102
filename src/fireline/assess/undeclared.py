"""Foreign keys that nobody declared: proposed by name, type and a unique parent, and by how many values are found there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fireline.assess.checks.foreign_keys import ForeignKey, Size
from fireline.assess.foreign_keys import unmatched
from fireline.assess.quoting import ident, qualified
from fireline.postgres.connect import Connection

NEARLY_ALL = 0.9  # of the values looked at must be found in the parent
MOST = 20
_SAMPLED = 1000
_LARGE_PAGES = 500  # above it, pages are drawn by lot

_COLUMNS = """
SELECT n.nspname AS schema, r.relname AS relation, r.oid::bigint AS oid, r.relkind::text AS kind, a.attname::text AS name, a.attnum::int AS number,
    a.atttypid::bigint AS type, r.reltuples::float8 AS rows, r.relpages AS pages, coalesce(u.is_unique, false) AS is_unique, coalesce(u.is_primary, false) AS is_primary,
    EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = r.oid AND f.contype = 'f' AND a.attnum = ANY (f.conkey)) AS declared
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN LATERAL (
    SELECT bool_or(true) AS is_unique, bool_or(i.indisprimary) AS is_primary FROM pg_index i
    WHERE i.indrelid = r.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL AND i.indkey[0] = a.attnum
) u ON true
WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype, 'varchar'::regtype)
ORDER BY r.relpages DESC, r.oid, a.attnum LIMIT 20000
"""
_ENDING = re.compile(r"(?:_(?:id|uuid|fk|ref|key|no|nr|code)|(?<=[a-z0-9])(?:Id|ID|Uuid|UUID|Fk)|(?<=[a-z]{3})id)$")
_GENERIC = frozenset({"id", "uuid", "key", "code", "name", "no", "nr", "pk"})
_LEAST_FORM = 4  # letters of a table's name that may also stand at the end of a column's


@dataclass(frozen=True)
class Column:
    """One column that may refer or be referred to."""

    schema: str
    relation: str
    oid: int
    kind: str
    name: str
    number: int
    type: int
    rows: float
    pages: int
    is_unique: bool
    is_primary: bool
    declared: bool


@dataclass(frozen=True)
class Undeclared:
    """A key that might be declared. inclusion: the share of the sampled values that the parent has."""

    key: ForeignKey
    inclusion: float
    sampled: int


def propose(conn: Connection, most: int = MOST) -> tuple[Undeclared, ...]:
    """The pairs whose sampled values are nearly all found in the parent, best first. Reads the tables, a little."""
    columns = [Column(**row) for row in conn.execute(_COLUMNS).fetchall()]
    found = []
    for key, large in pairs(columns)[: 2 * most]:
        values, there = _included(conn, key, large=large)
        if values and there >= NEARLY_ALL * values:
            found.append(Undeclared(key, there / values, values))
    return tuple(sorted(found, key=lambda one: (-one.inclusion, -one.sampled))[:most])


def pairs(columns: Iterable[Column]) -> list[tuple[ForeignKey, bool]]:
    """Pairs by name and type, the likeliest first, each child column once; and whether the child is large. Pure."""
    known = list(columns)
    parents = [one for one in known if one.is_unique]
    likely: list[tuple[float, Column, Column]] = []
    for child in known:
        if child.declared or (child.is_primary and child.name.casefold() in _GENERIC):
            continue
        ranked = sorted(
            ((likeness(child, one), one) for one in parents if one.type == child.type and one is not child),
            key=lambda pair: -pair[0],
        )
        if ranked and ranked[0][0] > 0:
            likely.append((ranked[0][0], child, ranked[0][1]))
    likely.sort(key=lambda one: (-one[0], one[1].oid, one[1].number))
    return [(_key(child, parent), child.pages > _LARGE_PAGES) for _, child, parent in likely]


def likeness(child: Column, parent: Column) -> float:
    """How much the names say that one refers to the other: 0 nothing, 1 all."""
    forms = {form for form in _forms(parent.relation) if form}
    ended = _ENDING.sub("", child.name)
    stem = _letters(ended)
    near = 0.0 if child.schema == parent.schema else -0.2
    key = 0.0 if parent.is_primary else -0.1
    if ended != child.name and stem in forms:
        return 1.0 + near + key
    if (
        child.oid != parent.oid
        and child.name.casefold() == parent.name.casefold()
        and child.name.casefold() not in _GENERIC
    ):
        return (0.0 if child.is_unique else 0.9) + near + key if stem in forms or parent.is_primary else 0.0
    ends = any(len(form) >= _LEAST_FORM and stem.endswith(form) for form in forms)
    return 0.7 + near + key if ended != child.name and ends else 0.0


def _letters(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _forms(relation: str) -> set[str]:
    """A table's name and its singular."""
    name = _letters(relation)
    return {name, name.removesuffix("s"), name.removesuffix("es"), name.removesuffix("ies") + "y"}


def _key(child: Column, parent: Column) -> ForeignKey:
    return ForeignKey(
        oid=0, name=f"{child.relation}_{child.name}_fkey"[:63], child=qualified(child.schema, child.relation),
        parent=qualified(parent.schema, parent.relation), columns=(child.name,), parent_columns=(parent.name,),
        operators=("OPERATOR(pg_catalog.=)",), child_kind=child.kind, parent_kind=parent.kind, validated=False, enforced=False,
        child_size=_size(child), parent_size=_size(parent), child_oid=child.oid, parent_oid=parent.oid, schema=child.schema,
    )  # fmt: skip


def _size(column: Column) -> Size:
    return Size(None if column.rows < 0 or not column.pages else column.rows, column.pages)


def _included(conn: Connection, key: ForeignKey, *, large: bool) -> tuple[int, int]:
    """How many values were looked at, and how many of them the parent has."""
    column = f"c.{ident(key.columns[0])}"
    share = min(100.0, max(0.01, 100 * 100 / max(key.child_size.pages, 1)))
    drawn = f"TABLESAMPLE SYSTEM ({share:.4f})" if large else ""
    row = conn.execute(
        f"SELECT count(*) AS values, count(*) FILTER (WHERE NOT ({unmatched(key)})) AS there"  # noqa: S608 - quoted
        f" FROM (SELECT {column} FROM {key.child} c {drawn} WHERE {column} IS NOT NULL LIMIT {_SAMPLED}) c".encode()
    ).fetchone()
    assert row is not None
    return row["values"], row["there"]
