"""Partitioned tables and the bounds of their partitions.

pg_get_expr without a relation takes no lock; with one, as pg_get_partkeydef does, it would wait.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST, MOST_PARTS = 300, 5000

_MOMENT = """
SELECT clock_timestamp() AS at, clock_timestamp()::timestamp AS local, set_config('DateStyle', 'ISO, YMD', true), set_config('TimeZone', 'UTC', true)
"""
_PARENTS = """
SELECT p.partrelid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, p.partstrat::text AS strategy,
    pg_get_userbyid(c.relowner)::text AS owner, p.partdefid <> 0 AS has_default, c.relispartition AS partition,
    ARRAY(SELECT a.attname::text FROM unnest(p.partattrs) WITH ORDINALITY k(number, nr) LEFT JOIN pg_attribute a
        ON a.attrelid = p.partrelid AND a.attnum = k.number AND k.number > 0 ORDER BY k.nr) AS columns,
    ARRAY(SELECT format_type(a.atttypid, NULL) FROM unnest(p.partattrs) WITH ORDINALITY k(number, nr) LEFT JOIN pg_attribute a
        ON a.attrelid = p.partrelid AND a.attnum = k.number AND k.number > 0 ORDER BY k.nr) AS types,
    (SELECT count(*) FROM pg_inherits i WHERE i.inhparent = p.partrelid) AS parts
FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' ORDER BY c.relname = ANY (%(names)s) DESC, p.partrelid DESC LIMIT %(most)s
"""
_PARTS = """
SELECT i.inhparent::int8 AS parent, c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
    c.reltuples::float8 AS rows, pg_stat_get_tuples_inserted(c.oid) AS inserted, pg_get_expr(c.relpartbound, 0) AS bound
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.inhparent = ANY (%(parents)s::oid[]) AND c.relispartition ORDER BY c.oid DESC LIMIT %(most)s
"""
_RANGE = re.compile(r"^FOR VALUES FROM \((.*)\) TO \((.*)\)$", re.DOTALL)
_LIST = re.compile(r"^FOR VALUES IN \((.*)\)$", re.DOTALL)
_ITEM = re.compile(r"'((?:[^']|'')*)'|([^,\s]+)")


@dataclass(frozen=True)
class Part:
    """One partition. since, until: the bounds of a range, a value of each column as text, None for no limit that way."""

    oid: int
    schema: str
    name: str
    bound: str
    rows: float = -1.0
    inserted: int = 0
    kind: str = "r"
    since: tuple[str | None, ...] = ()
    until: tuple[str | None, ...] = ()
    values: tuple[str | None, ...] = ()  # of a list; None is NULL

    @property
    def path(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Partitioned:
    """One partitioned table."""

    oid: int
    schema: str
    name: str
    strategy: str  # r range, l list, h hash
    columns: tuple[str | None, ...]  # None: an expression
    types: tuple[str | None, ...]
    owner: str = ""
    has_default: bool = False
    partition: bool = False  # itself of another
    parts: tuple[Part, ...] = ()
    whole: bool = True  # False: it has more partitions than were read

    @property
    def path(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Partitions:
    """The partitioned tables; times in bounds are UTC. `local` is the server's now as it writes it without a time zone."""

    at: datetime
    local: datetime
    tables: tuple[Partitioned, ...] = ()


def read(conn: Connection, sofar: Snapshot) -> Partitions:
    """The partitioned tables, the youngest first, and their bounds."""
    names = [name.rpartition(".")[2] for name in sofar.complaint.names]
    moment = conn.execute(_MOMENT).fetchone()
    assert moment is not None
    parents = conn.execute(_PARENTS.encode(), {"names": names, "most": MOST}).fetchall()
    oids = [row["oid"] for row in parents]
    parts: dict[int, list[Part]] = {}
    for row in conn.execute(_PARTS.encode(), {"parents": oids, "most": MOST_PARTS}).fetchall() if oids else []:
        parts.setdefault(row.pop("parent"), []).append(_part(**row))
    tables = []
    for row in parents:
        count, mine = row.pop("parts"), tuple(parts.get(row["oid"], ()))
        row["columns"], row["types"] = tuple(row["columns"]), tuple(row["types"])
        tables.append(Partitioned(**row, parts=mine, whole=len(mine) == count))
    return Partitions(moment["at"].astimezone(UTC), moment["local"], tuple(tables))


def _part(bound: str, **row: Any) -> Part:
    between, among = _RANGE.match(bound), _LIST.match(bound)
    return Part(
        **row,
        bound=bound,
        since=_items(between[1]) if between else (),
        until=_items(between[2]) if between else (),
        values=_items(among[1]) if among else (),
    )


def _items(text: str) -> tuple[str | None, ...]:
    """The values of a bound; MINVALUE, MAXVALUE and NULL are None."""
    found = []
    for match in _ITEM.finditer(text):
        bare = match[2]
        found.append(
            match[1].replace("''", "'") if bare is None else None if bare in ("MINVALUE", "MAXVALUE", "NULL") else bare
        )
    return tuple(found)


check = Check("partitions", read)
