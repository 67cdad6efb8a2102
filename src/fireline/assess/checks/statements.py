"""What the server has spent its time on: the statements of pg_stat_statements that cost most, of all users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from fireline import redact
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 200  # by total time; some more by blocks, by mean time, by rows
_SOME = 50
_LONGEST = 2000
_WEIGHTY = 0.05  # of the time of all statements
_Key = tuple[int, int, int, bool | None]
_HIDDEN = "<insufficient privilege>"

_WHERE = """
SELECT n.nspname AS schema, array_agg(a.attname::text) AS columns,
    (SELECT array_agg(f.proname::text) FROM pg_proc f WHERE f.pronamespace = n.oid AND f.proname = 'pg_stat_statements_info') AS info
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE e.extname = 'pg_stat_statements' GROUP BY n.oid, n.nspname
"""
# Each figure with the columns that hold it, the newest name first; several joined by + are added up.
_FIGURES: dict[str, tuple[str, ...]] = {
    "total_ms": ("total_exec_time", "total_time"),
    "mean_ms": ("mean_exec_time", "mean_time"),
    "min_ms": ("min_exec_time", "min_time"),
    "max_ms": ("max_exec_time", "max_time"),
    "stddev_ms": ("stddev_exec_time", "stddev_time"),
    "plan_ms": ("total_plan_time",),
    "shared_hit": ("shared_blks_hit",),
    "shared_read": ("shared_blks_read",),
    "shared_dirtied": ("shared_blks_dirtied",),
    "shared_written": ("shared_blks_written",),
    "local_hit": ("local_blks_hit",),
    "local_read": ("local_blks_read",),
    "local_written": ("local_blks_written",),
    "temp_read": ("temp_blks_read",),
    "temp_written": ("temp_blks_written",),
    "read_ms": ("shared_blk_read_time", "blk_read_time"),
    "wal_records": ("wal_records",),
    "wal_fpi": ("wal_fpi",),
    "wal_bytes": ("wal_bytes",),
    "jit_functions": ("jit_functions",),
    "jit_ms": ("jit_generation_time+jit_inlining_time+jit_optimization_time+jit_emission_time",),
}
_STATEMENTS = """
WITH every AS MATERIALIZED (
    SELECT s.*, {time} AS spent, s.shared_blks_hit + s.shared_blks_read AS blocks FROM {schema}.pg_stat_statements({texts}) s),
ranked AS (
    SELECT e.*, sum(spent) OVER () AS all_ms, sum(calls) OVER () AS all_calls, count(*) OVER () AS entries,
        row_number() OVER (ORDER BY spent DESC) AS by_time, row_number() OVER (ORDER BY blocks DESC) AS by_blocks,
        row_number() OVER (ORDER BY spent / greatest(calls, 1) DESC) AS by_mean, row_number() OVER (ORDER BY rows DESC) AS by_rows
    FROM every e)
SELECT queryid, userid::int8 AS userid, dbid::int8 AS dbid, {toplevel} AS toplevel, left(query, 8000) AS text, calls::int8 AS calls,
    rows::int8 AS rows, {plans}::int8 AS plans, {since} AS since, {figures}, all_ms, all_calls::int8 AS all_calls, entries::int8 AS entries,
    pg_get_userbyid(userid)::text AS "user", (SELECT datname::text FROM pg_database d WHERE d.oid = dbid) AS database
FROM ranked WHERE by_time <= %(most)s OR by_blocks <= %(some)s OR by_mean <= %(some)s OR by_rows <= %(some)s
ORDER BY spent DESC
"""


@dataclass(frozen=True)
class Statement:
    """One normalised statement of one user in one database, with its figures since they were last set to nought.

    Times are in milliseconds, blocks as PostgreSQL counts them. None: this version of the extension does not tell.
    """

    queryid: int
    userid: int
    dbid: int
    user: str
    database: str | None
    toplevel: bool | None  # False: called from within a function
    text: str  # without secrets, shortened; its constants are $1, $2 …
    calls: int
    total_ms: float
    rows: int = 0
    mean_ms: float = 0.0
    min_ms: float = 0.0
    max_ms: float = 0.0
    stddev_ms: float = 0.0
    shared_hit: int = 0
    shared_read: int = 0
    shared_dirtied: int = 0
    shared_written: int = 0
    local_hit: int = 0
    local_read: int = 0
    local_written: int = 0
    temp_read: int = 0
    temp_written: int = 0
    plans: int | None = None
    plan_ms: float | None = None
    read_ms: float | None = None
    wal_records: int | None = None
    wal_fpi: int | None = None
    wal_bytes: int | None = None
    jit_functions: int | None = None
    jit_ms: float | None = None
    since: datetime | None = None  # of this one's figures, where told

    @property
    def key(self) -> _Key:
        """What tells it from all others."""
        return self.queryid, self.userid, self.dbid, self.toplevel

    @property
    def blocks(self) -> int:
        """Blocks of tables and indexes that it looked at."""
        return self.shared_hit + self.shared_read

    @property
    def blocks_per_call(self) -> float:
        """The same, for one call."""
        return self.blocks / max(self.calls, 1)

    @property
    def rows_per_call(self) -> float:
        """Rows it returned or changed, for one call."""
        return self.rows / max(self.calls, 1)

    @property
    def blocks_per_row(self) -> float:
        """How much it looked at for what it gave."""
        return self.blocks / max(self.rows, self.calls, 1)


@dataclass(frozen=True)
class Statements:
    """The statements that cost most, the costliest first, and how much all of them cost."""

    at: datetime
    statements: tuple[Statement, ...] = ()
    total_ms: float = 0.0  # of all, also those not kept here
    calls: int = 0
    since: datetime | None = None  # when all figures were set to nought, where told
    hidden: int = 0  # whose text our role may not see
    schema: str = "public"  # where the extension's functions are
    whole: bool = False  # every statement that the extension knows was read
    least_ms: float = 0.0  # a statement that is not here has taken no more than that in all
    evicted: int | None = None  # how often the extension made room by forgetting statements, where told
    started: datetime | None = None  # when the server was started

    def share(self, statement: Statement) -> float:
        """The part of the server's time in statements that went into this one, 0 to 1."""
        return statement.total_ms / self.total_ms if self.total_ms > 0 else 0.0

    def find(self, statement: Statement) -> Statement | None:
        """The same statement in this reading."""
        return next((one for one in self.statements if one.key == statement.key), None)


def recent(readings: tuple[Statements, ...]) -> tuple[Statement, ...]:
    """What the statements did during the look itself, those that ended a call in it; extremes stay those of all time."""
    if len(readings) < 2:  # noqa: PLR2004 - between two
        return ()
    before = {one.key: one for one in readings[0].statements}
    found = [_difference(before[one.key], one) for one in readings[-1].statements if one.key in before]
    return tuple(one for one in found if one.calls > 0)


_GROWING = [
    "calls",
    "rows",
    "total_ms",
    "shared_hit",
    "shared_read",
    "shared_dirtied",
    "shared_written",
    "local_hit",
    "local_read",
    "local_written",
    "temp_read",
    "temp_written",
    "plans",
    "plan_ms",
    "read_ms",
    "wal_records",
    "wal_fpi",
    "wal_bytes",
    "jit_functions",
    "jit_ms",
]


def _difference(before: Statement, after: Statement) -> Statement:
    grown: dict[str, Any] = {}
    for name in _GROWING:
        one, other = getattr(before, name), getattr(after, name)
        grown[name] = None if one is None or other is None else other - one
    return replace(after, **grown, mean_ms=grown["total_ms"] / max(grown["calls"], 1))


def read(conn: Connection, sofar: Snapshot) -> Statements:
    """One sample; from the second on without the texts, which are mostly known by then."""
    where = conn.execute(_WHERE).fetchone()
    if where is None:
        raise psycopg.NotSupportedError("the extension pg_stat_statements is not in this database")
    known = {one.key: one.text for one in _before(sofar)}
    rows = conn.execute(_question(where, texts=not known), {"most": MOST, "some": _SOME}).fetchall()
    if known and _worth_telling(rows, known):
        rows = conn.execute(_question(where, texts=True), {"most": MOST, "some": _SOME}).fetchall()
    statements = [_statement(row, known) for row in rows if row["queryid"] is not None and row["text"] != _HIDDEN]
    moment = conn.execute("SELECT clock_timestamp() AS at, pg_postmaster_start_time() AS started").fetchone()
    assert moment is not None
    info, whole = _info(conn, where), len(rows) == (rows[0]["entries"] if rows else 0)
    return Statements(
        at=moment["at"].astimezone(UTC),
        statements=tuple(statements),
        total_ms=float(rows[0]["all_ms"] or 0) if rows else 0.0,
        calls=int(rows[0]["all_calls"] or 0) if rows else 0,
        since=info["at"].astimezone(UTC) if info.get("at") else None,
        hidden=len(rows) - len(statements),
        schema=where["schema"],
        whole=whole,
        least_ms=0.0 if whole else float(rows[min(MOST, len(rows)) - 1]["total_ms"]),
        evicted=info.get("evicted"),
        started=moment["started"].astimezone(UTC),
    )


def _worth_telling(rows: list[DictRow], known: dict[_Key, str]) -> bool:
    """Whether a statement that ended for the first time during the look weighs so much that its text is wanted."""
    new = sum(row["total_ms"] for row in rows if row["queryid"] is not None and _key(row) not in known)
    return bool(rows) and new > _WEIGHTY * float(rows[0]["all_ms"] or 0)


def _key(row: DictRow) -> _Key:
    return row["queryid"], row["userid"], row["dbid"], row["toplevel"]


def _before(sofar: Snapshot) -> tuple[Statement, ...]:
    seen = sofar.all("statements", Statements)
    return seen[0].statements if seen else ()


def _question(where: DictRow, *, texts: bool) -> sql.Composed:
    """The question in the words of this version of the extension."""
    there = set(where["columns"])
    figures = [
        sql.SQL("{} AS {}").format(_figure(names, there), sql.Identifier(name)) for name, names in _FIGURES.items()
    ]
    return sql.SQL(_STATEMENTS).format(
        schema=sql.Identifier(where["schema"]),
        texts=sql.Literal(texts),
        time=_figure(_FIGURES["total_ms"], there),
        toplevel=_figure(("toplevel",), there),
        plans=_figure(("plans",), there),
        since=_figure(("stats_since",), there),
        figures=sql.SQL(", ").join(figures),
    )


def _figure(names: tuple[str, ...], there: set[str]) -> sql.Composable:
    for name in names:
        parts = name.split("+")
        if there.issuperset(parts):
            return sql.SQL(" + ").join(map(sql.Identifier, parts))
    return sql.SQL("NULL")


def _statement(row: DictRow, known: dict[_Key, str]) -> Statement:
    same = {
        name: row[name]
        for name in ("queryid", "userid", "dbid", "user", "database", "toplevel", "calls", "rows", "plans")
    }
    text = known.get(_key(row)) or " ".join(redact.text(row["text"] or "").split())[:_LONGEST]
    figures = {name: _number(row[name], name) for name in _FIGURES}
    filled = {name: value for name, value in figures.items() if value is not None}
    return Statement(**same, text=text, since=row["since"].astimezone(UTC) if row["since"] else None, **filled)


def _number(value: Any, name: str) -> Any:
    return None if value is None else float(value) if name.endswith("_ms") else int(value)


def _info(conn: Connection, where: DictRow) -> DictRow:
    if not where["info"]:
        return {}
    query = sql.SQL("SELECT stats_reset AS at, dealloc::int8 AS evicted FROM {}.pg_stat_statements_info()").format(
        sql.Identifier(where["schema"])
    )
    return conn.execute(query).fetchone() or {}


def blind(reading: Statements) -> str | None:
    """Why the reading shows only a part."""
    return "may not see the statements of other roles; grant it pg_read_all_stats" if reading.hidden else None


check = Check("statements", read, sampled=True, blind=blind)
