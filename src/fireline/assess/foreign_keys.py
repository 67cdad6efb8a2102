"""One foreign key as statements: which rows refer to nothing, and the plan by which the server should find out. Pure."""

from __future__ import annotations

from typing import Literal

from fireline.assess.checks.foreign_keys import ForeignKey, Size
from fireline.assess.quoting import ident

Plan = Literal["index_merge", "sort_merge", "hash", "rows"]

SAMPLES = 20
MEMORY_MB = 256
_VISIBLE = 0.8  # share of pages from which an index-only scan need not look at the table
_ROW_BYTES = 64  # of a key while it is sorted
_MB = 2**20

# The planner's own choice reads 4 times longer (a hash join even with both indexes there), so ours is the only one left.
_SWITCHES = ("seqscan", "indexscan", "indexonlyscan", "bitmapscan", "hashjoin", "mergejoin", "nestloop", "sort")
_OFF: dict[Plan, tuple[str, ...]] = {
    "index_merge": ("hashjoin", "nestloop", "sort", "bitmapscan", "seqscan"),
    "sort_merge": ("hashjoin", "nestloop", "bitmapscan"),
    "hash": ("mergejoin", "nestloop", "indexscan", "bitmapscan"),
    "rows": (),
}
_HEAP = ("indexscan", "indexonlyscan", "bitmapscan", "nestloop")


def plan_for(key: ForeignKey, memory_mb: int = MEMORY_MB) -> Plan:
    """How to read a key: both indexes in step, both sides sorted in memory, or a hash of the parent's keys."""
    if key.period:
        return "rows"
    if key.child_index and key.parent_index and _visible(key.child_size) and _visible(key.parent_size):
        return "index_merge"
    rows = key.child_size.rows
    fits = rows is not None and rows * _ROW_BYTES * len(key.columns) < memory_mb * _MB
    return "sort_merge" if fits else "hash"


def _visible(size: Size) -> bool:
    return size.pages > 0 and size.visible >= _VISIBLE * size.pages


def settings_for(plan: Plan, memory_mb: int = MEMORY_MB) -> tuple[str, ...]:
    """The SET LOCAL statements that leave the server no other plan."""
    return _local(_OFF[plan], memory_mb)


def heap_settings(memory_mb: int = MEMORY_MB) -> tuple[str, ...]:
    """The SET LOCAL statements with which only the tables themselves are read, and no index is trusted."""
    return _local(_HEAP, memory_mb)


def _local(off: tuple[str, ...], memory_mb: int) -> tuple[str, ...]:
    # row_security off: rows that a policy hides make an error, not a wrong count
    every = ("jit = off", f"work_mem = '{memory_mb}MB'", "row_security = off", "max_parallel_workers_per_gather = 2")
    plan = (f"enable_{one} = {'off' if one in off else 'on'}" for one in _SWITCHES)
    return tuple(f"SET LOCAL {one}" for one in (*every, *plan))


def count_statement(key: ForeignKey) -> str:
    """How many rows refer to nothing, as `orphans`; reads nothing but keys, so that two indexes can answer it."""
    return f"SELECT count(*) AS orphans {orphans(key)}"


def rows_statement(key: ForeignKey, most: int = SAMPLES) -> str:
    """The same with `samples` (a JSON array of table, ctid, key), to be asked with the indexes off."""
    return _sampled(key, orphans(key), most)


def half_null_statement(key: ForeignKey, most: int = SAMPLES) -> str | None:
    """The rows that MATCH FULL forbids, as some but not all of their columns are null; None for any other key."""
    found = half_null(key)
    return _sampled(key, found, most) if found else None


def half_null(key: ForeignKey) -> str | None:
    """FROM … WHERE …: the rows c of the child that MATCH FULL forbids; None for any other key."""
    if not key.full_match or len(key.columns) == 1:
        return None
    nulls = ", ".join(f"c.{ident(one)}" for one in key.columns)
    return f"FROM {_child(key)} WHERE num_nulls({nulls}) BETWEEN 1 AND {len(key.columns) - 1}"


def _sampled(key: ForeignKey, found: str, most: int) -> str:
    columns = ", ".join(f"c.{ident(one)} AS k{place}" for place, one in enumerate(key.columns))
    told = ", ".join(f"left(o.k{place}::text, 100)" for place in range(len(key.columns)))
    table = "(SELECT format('%I.%I', n.nspname, r.relname) FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = o.tableoid)"
    one = f"jsonb_build_object('table', {table}, 'ctid', o.ctid::text, 'key', jsonb_build_array({told}))"
    # row_number() counts rows as they come, and keeps none; only the first are written out
    return (
        f"SELECT count(*) AS orphans, coalesce(jsonb_agg({one}) FILTER (WHERE o.n <= {most}), '[]') AS samples"  # noqa: S608 - quoted
        f" FROM (SELECT row_number() OVER () AS n, c.tableoid, c.ctid, {columns} {found}) o"
    )


def orphans(key: ForeignKey) -> str:
    """FROM … WHERE …: the rows c of the child that refer to no row of the parent. Null refers to nothing, and may."""
    given = " AND ".join(f"c.{ident(one)} IS NOT NULL" for one in key.columns)
    return f"FROM {_child(key)} WHERE {given} AND {unmatched(key)}"


def unmatched(key: ForeignKey) -> str:
    """The condition that a row c of the child has no parent."""
    alike = [
        f"p.{ident(parent)} {operator} c.{ident(child)}{f' COLLATE {collation}' if collation else ''}"
        for parent, child, operator, collation in zip(
            key.parent_columns, key.columns, key.operators or ("=",) * len(key.columns),
            key.collations or ("",) * len(key.columns), strict=True,
        )
    ]  # fmt: skip
    if key.period:
        own, theirs = f"c.{ident(key.columns[-1])}", f"p.{ident(key.parent_columns[-1])}"
        same = " AND ".join([*alike[:-1], f"{theirs} && {own}"])
        return f"NOT coalesce({own} <@ (SELECT range_agg({theirs}) FROM {_parent(key)} WHERE {same}), false)"  # noqa: S608 - quoted
    return f"NOT EXISTS (SELECT FROM {_parent(key)} WHERE {' AND '.join(alike)})"


def _child(key: ForeignKey) -> str:
    """Partitions are part of their table; tables that merely inherit are not bound by the key, and no parent either."""
    return f"{'' if key.child_kind == 'p' else 'ONLY '}{key.child} c"


def _parent(key: ForeignKey) -> str:
    return f"{'' if key.parent_kind == 'p' else 'ONLY '}{key.parent} p"
