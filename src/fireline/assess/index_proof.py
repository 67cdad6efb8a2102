"""Whether a btree index holds every row of its table, and a unique one each key once: by amcheck, else by looking each row up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import psycopg

from fireline import redact
from fireline.assess import foreign_keys
from fireline.assess.orphan_rows import why
from fireline.assess.quoting import ident
from fireline.postgres.connect import Connection

State = Literal["whole", "broken", "unknown"]
SAMPLES = 5
_CORRUPTED = ("XX001", "XX002")
_LOOKED_UP_ROWS = 200_000  # above it, looking up each row takes too long

_AMCHECK = """
SELECT format('%I', n.nspname) AS schema, has_function_privilege(p.oid, 'EXECUTE') AS may
FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass
JOIN pg_proc p ON p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE e.extname = 'amcheck' AND p.proname = 'bt_index_check' AND p.pronargs >= 2 LIMIT 1
"""
# Chosen first, as what is told of an index takes much longer than to choose it.
_INDEXES = """
WITH chosen AS MATERIALIZED (
    SELECT i.indexrelid, count(*) OVER () AS total, row_number() OVER (
        ORDER BY i.indexrelid = ANY (%(first)s::oid[]) DESC, x.relname = ANY (%(words)s::name[]) OR t.relname = ANY (%(words)s::name[]) DESC,
        i.indisunique DESC, x.relpages, x.oid) AS place
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE i.indisvalid AND i.indisready AND x.relkind = 'i' AND x.relpersistence <> 't'
        AND x.relam = (SELECT m.oid FROM pg_am m WHERE m.amname = 'btree')
        AND x.relnamespace NOT IN (SELECT n.oid FROM pg_namespace n WHERE n.nspname ~ '^pg_' OR n.nspname = 'information_schema')
    ORDER BY place LIMIT %(most)s)
SELECT i.indexrelid::bigint AS oid, format('%%I.%%I', n.nspname, x.relname) AS name, x.relname::text AS bare, n.nspname::text AS schema, format('%%I.%%I', tn.nspname, t.relname) AS "table",
    i.indrelid::bigint AS table_oid, i.indisunique AS "unique", x.relfilenode::bigint AS filenode, x.relpages AS pages, t.relpages AS table_pages, t.reltuples::float8 AS rows,
    (SELECT array_agg(coalesce(a.attname::text, '') ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number <> 0 WHERE k.place <= i.indnkeyatts) AS columns,
    i.indpred IS NOT NULL AS partial, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) AS nulls_equal, chosen.total
FROM chosen JOIN pg_index i ON i.indexrelid = chosen.indexrelid JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
ORDER BY chosen.place
"""
_BY_INDEX = (
    "jit = off", "row_security = off", "enable_seqscan = off", "enable_bitmapscan = off", "enable_tidscan = off",
    "enable_hashjoin = off", "enable_mergejoin = off", "max_parallel_workers_per_gather = 0",
)  # fmt: skip


@dataclass(frozen=True)
class BtreeIndex:
    """One valid btree index of an ordinary table. columns: an empty name stands for an expression."""

    oid: int
    name: str
    table: str
    columns: tuple[str, ...]
    bare: str = ""  # its name without schema and quotes
    schema: str = ""
    table_oid: int = 0
    unique: bool = False
    partial: bool = False
    nulls_equal: bool = False
    filenode: int = 0
    pages: int = 0
    table_pages: int = 0
    rows: float = -1

    @property
    def plain(self) -> bool:
        """Of columns alone, over the whole table."""
        return not self.partial and all(self.columns)


@dataclass(frozen=True)
class Proof:
    """What became of one index. missing: rows of the table it does not hold, None when it was not counted.

    twice: keys that more than one row has, in a unique index; its keys and condition as SQL. samples and pairs: some of them, in words.
    """

    index: BtreeIndex
    state: State
    by: str = ""  # amcheck, or each row looked up
    because: str = ""
    missing: int | None = None
    samples: tuple[str, ...] = ()
    twice: int | None = None
    pairs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    where: str = ""


def amcheck(conn: Connection) -> tuple[str | None, str]:
    """The schema of amcheck where we may use it; else why not."""
    row = conn.execute(_AMCHECK).fetchone()
    if row is None:
        return None, "the extension amcheck is not installed"
    return (row["schema"], "") if row["may"] else (None, "our role may not call amcheck")


def indexes(
    conn: Connection, most: int = 2000, *, first: Iterable[int] = (), words: Iterable[str] = ()
) -> tuple[list[BtreeIndex], int]:
    """The btree indexes that can be proved, and how many there are: these first, then those that words name, unique and small ones."""
    rows = conn.execute(_INDEXES, {"most": most, "first": list(first), "words": list(words)}).fetchall()
    total = max((row.pop("total") for row in rows), default=0)
    return [BtreeIndex(**{**row, "columns": tuple(row["columns"])}) for row in rows], total


def by_amcheck(conn: Connection, schema: str, index: int) -> tuple[State, str]:
    """Ask amcheck whether every row of the table is in an index; in a transaction that the caller ends."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(
                f"SELECT {schema}.bt_index_check(index => {index}::oid::regclass, heapallindexed => true)".encode()
            )
    except psycopg.Error as fault:
        if conn.closed:
            raise
        broken = fault.sqlstate in _CORRUPTED
        said = redact.text(fault.diag.message_primary or str(fault))
        return ("broken", said) if broken else ("unknown", why(fault))
    return "whole", ""


def prove(conn: Connection, index: BtreeIndex, schema: str | None) -> Proof:
    """Prove that an index holds every row; with samples of those it lacks, where that can be asked in good time."""
    state, because = by_amcheck(conn, schema, index.oid) if schema else ("unknown", "")
    by = "amcheck" if state != "unknown" else ""
    if state == "whole":
        return Proof(index, state, by)
    if not index.plain or max(index.rows, index.pages * 400) > _LOOKED_UP_ROWS:
        return Proof(index, state, by, because or "without amcheck only plain indexes of small tables are proved")
    try:
        with conn.transaction(force_rollback=True):
            row = _looked_up(conn, index)
    except psycopg.Error as fault:
        if conn.closed:
            raise
        return Proof(index, state, by, because or why(fault))
    if row is None:
        return Proof(index, state, by, because or "the planner would not use it")
    missing, samples = row
    told: State = "broken" if state == "broken" or missing else "whole"
    return Proof(index, told, by or "each row looked up", because, missing, samples)


def _looked_up(conn: Connection, index: BtreeIndex) -> tuple[int, tuple[str, ...]] | None:
    """How many rows a scan finds and this index does not; None when the planner would take another index."""
    for one in _BY_INDEX:
        conn.execute(f"SET LOCAL {one}".encode())
    keys = [f"k{place}" for place in range(len(index.columns))]
    names = ", ".join(f"{ident(one)} AS {key}" for one, key in zip(index.columns, keys, strict=True))
    same = " AND ".join(f"i.{ident(one)} = h.{key}" for one, key in zip(index.columns, keys, strict=True))
    known = " AND ".join(f"h.{key} IS NOT NULL" for key in keys)
    told = ", ".join(f"left(o.{key}::text, 100)" for key in keys)
    # OFFSET 0: the table itself is read from end to end, for no order that an index has is of use to it
    statement = (
        f"SELECT count(*) AS missing, coalesce(jsonb_agg(jsonb_build_array(o.place::text, {told})) FILTER (WHERE o.n <= {SAMPLES}), '[]') AS samples"  # noqa: S608 - quoted
        f" FROM (SELECT row_number() OVER () AS n, h.* FROM (SELECT ctid AS place, {names} FROM ONLY {index.table} OFFSET 0) h"
        f" WHERE {known} AND NOT EXISTS (SELECT FROM ONLY {index.table} i WHERE {same} AND i.ctid = h.place)) o"
    )
    plan = conn.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode()).fetchone()
    if plan is None or _used(plan["QUERY PLAN"]) != {index.bare}:
        return None
    row = conn.execute(statement.encode()).fetchone()
    assert row is not None
    return row["missing"], tuple(_row(one[0], one[1:]) for one in row["samples"])


def _used(node: Any) -> set[str]:
    """The indexes in a plan."""
    if isinstance(node, list):
        return {name for one in node for name in _used(one)}
    if not isinstance(node, dict):
        return set()
    own = {node["Index Name"]} if "Index Name" in node else set()
    return own | {name for one in node.values() if isinstance(one, list | dict) for name in _used(one)}


def _row(place: str, key: list[str | None]) -> str:
    return f"{place} ({', '.join('null' if one is None else redact.text(one) for one in key)})"


def distinct(conn: Connection, proof: Proof) -> Proof:
    """The proof of a unique index, with the keys that more than one row of its table has; read without any index."""
    index = proof.index
    try:
        with conn.transaction(force_rollback=True):
            keys, where = _keys(conn, index), _predicate(conn, index)
            for one in foreign_keys.heap_settings(64):
                conn.execute(one.encode())
            told = ", ".join(f"left(d.k{place}::text, 100)" for place in range(len(keys)))
            row = conn.execute(
                f"SELECT count(*) AS twice, coalesce(jsonb_agg(jsonb_build_array(d.rows, {told})) FILTER (WHERE d.n <= {SAMPLES}), '[]') AS pairs"  # noqa: S608 - quoted
                f" FROM (SELECT row_number() OVER () AS n, d.* FROM ({duplicated(index, keys, where)}) d) d".encode()
            ).fetchone()
    except psycopg.Error as fault:
        if conn.closed:
            raise
        return proof if proof.state == "broken" else replace(proof, state="unknown", because=why(fault))
    assert row is not None
    pairs = tuple(f"{_row('', one[1:]).strip()} in {one[0]} rows" for one in row["pairs"])
    return replace(proof, twice=row["twice"], pairs=pairs, keys=tuple(keys), where=where)


def _predicate(conn: Connection, index: BtreeIndex) -> str:
    if not index.partial:
        return ""
    found = conn.execute(
        "SELECT pg_get_expr(indpred, indrelid) AS text FROM pg_index WHERE indexrelid = %s", [index.oid]
    )
    row = found.fetchone()
    return str(row["text"]) if row else ""


def duplicated(index: BtreeIndex, keys: list[str], where: str = "") -> str:
    """A query of the keys that more than one row has. It reads ctid, so an index that lacks rows can not answer it. Pure."""
    named = ", ".join(f"{one} AS k{place}" for place, one in enumerate(keys))
    wanted = [] if index.nulls_equal else [f"{one} IS NOT NULL" for one in keys]
    conditions = " AND ".join([*wanted, *([where] if where else [])])
    return (
        f"SELECT {named}, count(*) AS rows FROM ONLY {index.table}{f' WHERE {conditions}' if conditions else ''}"  # noqa: S608 - quoted
        f" GROUP BY {', '.join(str(place + 1) for place in range(len(keys)))} HAVING count(*) > 1 AND min(ctid) <> max(ctid)"
    )


def _keys(conn: Connection, index: BtreeIndex) -> list[str]:
    """The columns and expressions of an index as SQL."""
    if all(index.columns):
        return [ident(one) for one in index.columns]
    found = conn.execute(
        "SELECT pg_get_indexdef(%s::oid, place, true) AS text FROM generate_series(1, %s) place ORDER BY place",
        [index.oid, len(index.columns)],
    ).fetchall()
    return [f"({row['text']})" for row in found]
