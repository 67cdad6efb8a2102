"""The tables of the database that are largest, busiest or asked about: their size, shape and counters."""

# ruff: noqa: S608 - these texts are put together from each other, never from what somebody typed
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from psycopg.rows import DictRow

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 300  # by pages, and as many by rows read in sequential scans and by rows changed
_PAGE, _HEADER, _ROW_OVERHEAD = 8192, 24, 28
_LARGEST_FILE = 2**30
_GUESSED = 24  # bytes of a value that varies

# Which tables are read closer; also those that the complaint names.
_CHOSEN = """
WITH own AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relpages, c.relkind, c.relnamespace, pg_stat_get_tuples_returned(c.oid) AS returned,
        CASE WHEN c.relkind <> 'p' THEN pg_stat_get_mod_since_analyze(c.oid) ELSE 0 END AS changed
    FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't'
      AND c.relnamespace NOT IN (SELECT n.oid FROM pg_namespace n
        WHERE n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast') OR n.nspname LIKE 'pg\\_temp\\_%%')),
chosen AS MATERIALIZED (
    (SELECT oid FROM own WHERE relname = ANY (%(names)s) LIMIT 100)
    UNION (SELECT oid FROM own ORDER BY relpages DESC, oid LIMIT %(most)s)
    UNION (SELECT oid FROM own WHERE returned > 0 ORDER BY returned DESC LIMIT %(most)s)
    UNION (SELECT oid FROM own WHERE changed > 0 ORDER BY changed DESC LIMIT %(most)s)
    UNION (SELECT oid FROM own WHERE relkind = 'p' ORDER BY oid LIMIT 100))
"""

_TABLES = f"""{_CHOSEN}
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
    pg_get_userbyid(c.relowner)::text AS owner, c.relpersistence::text AS persistence, c.relpages AS pages, c.reltuples::float8 AS tuples,
    c.relallvisible AS all_visible, c.reloptions AS options, c.relrowsecurity AS row_security, c.relforcerowsecurity AS forced,
    (SELECT inh.inhparent::int8 FROM pg_inherits inh WHERE inh.inhrelid = c.oid ORDER BY inh.inhseqno LIMIT 1) AS parent,
    CASE WHEN c.relkind <> 'p' THEN age(c.relfrozenxid) END AS age,
    c.reltoastrelid::int8 AS toast, (SELECT t.relpages FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast_pages,
    (SELECT t.reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast_options,
    pg_stat_get_numscans(c.oid) AS seq_scans, pg_stat_get_tuples_returned(c.oid) AS seq_rows,
    (SELECT sum(pg_stat_get_numscans(i.indexrelid))::int8 FROM pg_index i WHERE i.indrelid = c.oid) AS index_scans,
    (SELECT sum(pg_stat_get_tuples_fetched(i.indexrelid))::int8 + pg_stat_get_tuples_fetched(c.oid) FROM pg_index i WHERE i.indrelid = c.oid) AS index_rows,
    pg_stat_get_tuples_inserted(c.oid) AS inserted, pg_stat_get_tuples_updated(c.oid) AS updated,
    pg_stat_get_tuples_deleted(c.oid) AS deleted, pg_stat_get_tuples_hot_updated(c.oid) AS hot_updated,
    pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead, pg_stat_get_mod_since_analyze(c.oid) AS changed,
    pg_stat_get_ins_since_vacuum(c.oid) AS inserted_since_vacuum,
    pg_stat_get_last_vacuum_time(c.oid) AS last_vacuum, pg_stat_get_last_autovacuum_time(c.oid) AS last_autovacuum,
    pg_stat_get_last_analyze_time(c.oid) AS last_analyze, pg_stat_get_last_autoanalyze_time(c.oid) AS last_autoanalyze,
    pg_stat_get_vacuum_count(c.oid) + pg_stat_get_autovacuum_count(c.oid) AS vacuums,
    pg_stat_get_analyze_count(c.oid) + pg_stat_get_autoanalyze_count(c.oid) AS analyzes,
    CASE WHEN %(files)s AND c.relkind <> 'p' THEN (pg_stat_file(pg_relation_filepath(c.oid), true)).size END AS bytes
FROM chosen JOIN pg_class c ON c.oid = chosen.oid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY c.relpages DESC, c.oid
"""
_NUMBERS = f"{_CHOSEN} SELECT oid::int8 AS oid FROM chosen"
_MAY_SEE_FILES = "SELECT has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE') AS may"
_COLUMNS = """
SELECT a.attrelid::int8 AS oid, a.attnum::int4 AS number, a.attname::text AS name, format_type(a.atttypid, NULL) AS type,
    a.attlen AS size, a.attnotnull AS filled, nullif(a.attidentity, '')::text AS identity, nullif(a.attcollation, 0)::int8 AS collation
FROM pg_attribute a WHERE a.attrelid = ANY (%(oids)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum LIMIT 20000
"""
# pg_stats shows the columns that our role may read. Asked table by table: joined, it is read for the whole database.
_WIDTHS = """
SELECT s.schemaname::text AS schema, s.tablename::text AS name, s.attname::text AS "column", s.avg_width AS width, s.null_frac::float8 AS nulls,
    s.n_distinct::float8 AS "distinct", s.most_common_freqs[1]::float8 AS commonest, s.correlation::float8 AS correlation
FROM unnest(%(schemas)s::name[], %(tables)s::name[]) asked (schema, name) CROSS JOIN LATERAL (
    SELECT * FROM pg_stats p WHERE p.schemaname = asked.schema AND p.tablename = asked.name AND NOT p.inherited OFFSET 0) s LIMIT 20000
"""
_MOST_STATISTICS = 120  # of the largest tables


@dataclass(frozen=True)
class Spread:
    """What ANALYZE knows of a column's values."""

    width: float
    nulls: float  # part of the rows, 0 to 1
    distinct: float  # how many; negative: as a part of the rows
    commonest: float | None  # part of the rows with the commonest value
    correlation: float | None = None


@dataclass(frozen=True)
class Column:
    """One column; `size` in bytes, -1 when it varies."""

    number: int
    name: str
    type: str
    size: int = -1
    filled: bool = False  # NOT NULL
    identity: str | None = None
    collation: int | None = None
    spread: Spread | None = None  # None: never analysed, or our role may not read the column


@dataclass(frozen=True)
class Table:
    """One table, partitioned table or materialised view. Counters are since they were last reset, and may lag 10 s."""

    oid: int
    schema: str
    name: str
    kind: str = "r"  # r table, p partitioned, m materialised view
    owner: str = ""
    persistence: str = "p"  # p, u unlogged
    pages: int = 0  # as VACUUM and ANALYZE left them; the rows too
    tuples: float = 0.0  # -1: never counted
    all_visible: int = 0
    options: dict[str, str] = field(default_factory=dict)
    row_security: bool = False
    forced: bool = False  # row security also for the owner
    parent: int | None = None
    age: int | None = None  # of its oldest transaction id not frozen
    toast: int = 0
    toast_pages: int | None = None
    toast_options: dict[str, str] = field(default_factory=dict)
    seq_scans: int = 0
    seq_rows: int = 0
    index_scans: int | None = None  # None: there is no index
    index_rows: int | None = None
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    hot_updated: int = 0
    live: int = 0
    dead: int = 0
    changed: int = 0  # since it was analysed
    inserted_since_vacuum: int = 0
    last_vacuum: datetime | None = None
    last_autovacuum: datetime | None = None
    last_analyze: datetime | None = None
    last_autoanalyze: datetime | None = None
    vacuums: int = 0
    analyzes: int = 0
    bytes: int | None = None  # of its first file, 1 GB at most; None: our role may not see files
    columns: tuple[Column, ...] = ()

    @property
    def path(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((one for one in self.columns if one.name == name), None)

    def numbered(self, number: int) -> Column | None:
        """The column of this number."""
        return next((one for one in self.columns if one.number == number), None)

    @property
    def analyzed(self) -> datetime | None:
        """When it was last analysed."""
        return max((at for at in (self.last_analyze, self.last_autoanalyze) if at), default=None)

    @property
    def vacuumed(self) -> datetime | None:
        """When it was last vacuumed."""
        return max((at for at in (self.last_vacuum, self.last_autovacuum) if at), default=None)

    @property
    def rows(self) -> float:
        """How many rows it has, by what is known; rows that came in one stroke with an ANALYZE are counted twice as live."""
        if self.tuples > 0 and self.bytes is not None and self.blocks <= self.pages:
            return self.tuples
        return max(self.tuples, float(self.live), 0.0)

    @property
    def blocks(self) -> int:
        """How many pages it has now, as well as that can be told without locking it."""
        if self.bytes is not None:
            return max(self.bytes // _PAGE, self.pages if self.bytes >= _LARGEST_FILE else 0)
        if self.live <= max(self.tuples, 0) or self.kind == "p":
            return self.pages
        density = (
            self.tuples / self.pages if self.tuples > 0 and self.pages else (_PAGE - _HEADER) / self._guessed_width
        )
        return max(self.pages, round(self.live / density))

    @property
    def _guessed_width(self) -> float:
        return _ROW_OVERHEAD + sum(one.size if one.size > 0 else _GUESSED for one in self.columns)

    @property
    def width(self) -> float | None:
        """Bytes of a row's values, from the statistics; None when a column has none."""
        spreads = [one.spread for one in self.columns]
        if not spreads or any(one is None for one in spreads):
            return None
        return sum(one.width * (1 - one.nulls) for one in spreads if one)

    @property
    def expected_pages(self) -> float | None:
        """How many pages its live rows need; None when the statistics do not tell."""
        if self.width is None:
            return None
        fill = float(self.options.get("fillfactor", "100")) / 100
        live = self.live or max(self.tuples, 1.0)
        return live * (self.width + _ROW_OVERHEAD) / ((_PAGE - _HEADER) * fill)


@dataclass(frozen=True)
class Tables:
    """The tables read, the largest first."""

    tables: tuple[Table, ...] = ()

    @cached_property
    def by_oid(self) -> dict[int, Table]:
        """By number."""
        return {one.oid: one for one in self.tables}

    @cached_property
    def by_name(self) -> dict[str, tuple[Table, ...]]:
        """By bare name; there may be one in each schema."""
        found: dict[str, list[Table]] = {}
        for one in self.tables:
            found.setdefault(one.name, []).append(one)
        return {name: tuple(group) for name, group in found.items()}

    def named(self, name: str, schema: str | None = None) -> Table | None:
        """The table a statement means: of its schema, else of public, else the largest of that name."""
        group = self.by_name.get(name, ())
        if schema is not None:
            return next((one for one in group if one.schema == schema), None)
        return next((one for one in group if one.schema == "public"), group[0] if group else None)

    def parts(self, table: Table) -> tuple[Table, ...]:
        """The partitions of a partitioned table, however deep; of an ordinary one, itself."""
        if table.kind != "p":
            return (table,)
        return tuple(part for one in self.tables if one.parent == table.oid for part in self.parts(one))

    def pages(self, table: Table) -> int:
        """How large it is with all its partitions."""
        return sum(one.blocks for one in self.parts(table))

    def rows(self, table: Table) -> float:
        """How many rows it has with all its partitions."""
        return sum(one.rows for one in self.parts(table))


def chosen(conn: Connection, sofar: Snapshot) -> list[int]:
    """The numbers of the tables that are read closer."""
    return [row["oid"] for row in conn.execute(_NUMBERS, {"names": _names_asked(sofar), "most": MOST}).fetchall()]


def _names_asked(sofar: Snapshot) -> list[str]:
    """The bare names that the complaint has."""
    return [name.rpartition(".")[2] for name in sofar.complaint.names]


def read(conn: Connection, sofar: Snapshot) -> Tables:
    """The chosen tables, their columns, and what ANALYZE knows of these."""
    may = conn.execute(_MAY_SEE_FILES).fetchone()
    asked = {"names": _names_asked(sofar), "most": MOST, "files": bool(may and may["may"])}
    rows = conn.execute(_TABLES, asked).fetchall()
    columns: dict[int, list[DictRow]] = {}
    for column in conn.execute(_COLUMNS, {"oids": [row["oid"] for row in rows]}).fetchall():
        columns.setdefault(column.pop("oid"), []).append(column)
    spreads = _spreads(conn, rows[:_MOST_STATISTICS])
    return Tables(tuple(_table(row, columns.get(row["oid"], []), spreads) for row in rows))


def _spreads(conn: Connection, rows: list[DictRow]) -> dict[tuple[str, str, str], Spread]:
    asked = {"schemas": [row["schema"] for row in rows], "tables": [row["name"] for row in rows]}
    found = {}
    for row in conn.execute(_WIDTHS, asked).fetchall():
        key = (row.pop("schema"), row.pop("name"), row.pop("column"))
        found[key] = Spread(**row)
    return found


def _table(row: DictRow, columns: list[DictRow], spreads: dict[tuple[str, str, str], Spread]) -> Table:
    place = (row["schema"], row["name"])
    made = tuple(Column(**column, spread=spreads.get((*place, column["name"]))) for column in columns)
    return Table(**{name: _plain(name, value) for name, value in row.items()}, columns=made)


def _plain(name: str, value: Any) -> Any:
    if name in ("options", "toast_options"):
        return dict(pair.partition("=")[::2] for pair in value or ())
    return value.astimezone(UTC) if isinstance(value, datetime) else value


check = Check("tables", read)
