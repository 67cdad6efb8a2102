"""What is in a database: of each table the number of rows and a hash of their content, sequences, large objects, the schema.

The hash does not depend on the order of rows, on where they stand, on object numbers, nor on the server's version or
settings, so that it is the same after a dump and a restore. It proves that nothing was lost or damaged by accident; it
is no seal against somebody who forges rows. Comparing two is in `comparing`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import psycopg
from psycopg import IsolationLevel
from psycopg.types.json import set_json_loads

from fireline import clock, redact
from fireline.errors import NotFound, Refused
from fireline.postgres.cancel import StatementFailed
from fireline.postgres.connect import Connection, Target, connect
from fireline.postgres.watch import Watch
from fireline.recovery import objects
from fireline.recovery.content import row_hash, total
from fireline.recovery.names import identifier, quoted
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_LONG = timedelta(days=1)  # a table may take hours; who does not want to wait cancels
_LOOK_SECONDS = 0.1
_AT_ONCE = 200  # tables locked, and sequences read, by one statement


@dataclass(frozen=True)
class TableCensus:
    """One table's content. how: rows (counted and hashed) or count (a materialized view, which a refresh may change)."""

    name: str
    rows: int
    hash: str
    bytes: int
    how: str
    columns: int


@dataclass(frozen=True)
class Census:
    """All that a faithful restore has, too. left_out: what has rows and is not counted, with the reason."""

    tables: dict[str, TableCensus]
    sequences: dict[str, list[int | bool]]  # last value, whether it was given out, what it counts by
    large_objects: dict[str, Any]
    objects: objects.Objects
    database: dict[str, Any]
    roles: list[str]
    taken_at: datetime
    seconds: float
    left_out: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)  # name and version, which no dump carries

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "taken_at": self.taken_at.isoformat()}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Census:
        """From what `json` gave."""
        tables = {name: TableCensus(**one) for name, one in data["tables"].items()}
        return cls(**{**data, "tables": tables, "taken_at": datetime.fromisoformat(data["taken_at"])})


@dataclass(frozen=True)
class _Table:
    """A table to count. full: its name with every quote; hashed: the hash of one row as an expression, or None."""

    oid: int
    name: str
    full: str
    kind: str
    condition: str  # which rows of an extension's table are its user's
    hashed: str | None
    columns: int
    left_out: str | None


def take(
    target: Target,
    *,
    database: str | None = None,
    snapshot: str | None = None,
    jobs: int = 1,
    watch: Watch,
    only: Collection[str] | None = None,
) -> Census:
    """The census of one database as of one moment, over `jobs` connections; all its tables stay locked against changes
    of the schema until the end, as a dump does.

    snapshot: the moment, as another session exported it. only: the tables whose rows are read; the rest is read in any case.
    Raises Refused for a table that is locked or can not be read, StatementFailed when cancelled, TargetUnavailable.
    """
    began, at = monotonic(), clock.now()
    with ExitStack() as stack:
        first = stack.enter_context(_looking(target, database, snapshot))
        everything = list(_tables(first))
        wanted = [one for one in everything if only is None or one.name in only]
        counted = [one for one in wanted if one.left_out is None]
        _lock(first, counted, target.name)
        shared = snapshot or (_export(first) if jobs > 1 else None)
        more = [stack.enter_context(_looking(target, database, shared)) for _ in range(min(jobs, len(counted)) - 1)]
        tables = _count_all([first, *more], counted, target.name, watch)
        with _told(first, target.name, []), watch.cancel.over(first):
            schema, roles = objects.read(first)
            return Census(
                tables=tables,
                sequences=sequences(first),
                large_objects=_large_objects(first),
                objects=schema,
                database=dict(_one(first, Q["census_database"])),
                roles=roles,
                taken_at=at,
                seconds=round(monotonic() - began, 3),
                left_out={one.name: one.left_out for one in everything if one.left_out is not None},
                extensions={row["name"]: row["version"] for row in first.execute(Q["extension_versions"]).fetchall()},
            )


def one_table(conn: Connection, name: str) -> TableCensus:
    """The census of one table by its name as `names.quoted` writes it, as soon as it is loaded.

    Raises NotFound, Refused when it can not be read, psycopg.Error.
    """
    with conn.transaction():
        conn.execute(Q["census_steady"])
        row = conn.execute("SELECT to_regclass(%s)::oid::int8 AS oid", [name]).fetchone()
        table = next(iter(_tables(conn, row["oid"])), None) if row and row["oid"] is not None else None
        if table is None:
            raise NotFound(f"there is no table {name} whose rows could be counted")
        if table.left_out is not None:
            raise Refused(f"the rows of {name} are not counted: {table.left_out}")
        return _count(conn, table, _sizes(conn, [table])[table.oid])


def sequences(conn: Connection) -> dict[str, list[int | bool]]:
    """Where each sequence stands now: not part of any snapshot, so who takes a dump asks before it and after it."""
    rows = conn.execute(Q["census_sequences"]).fetchall()
    found: dict[str, list[int | bool]] = {}
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        looks = [
            f"SELECT {place} AS place, last_value, is_called FROM {name}"  # noqa: S608 - quoted
            for place, name in enumerate(f"{identifier(row['schema'])}.{identifier(row['name'])}" for row in some)
        ]
        for one in conn.execute(" UNION ALL ".join(looks).encode()).fetchall():
            row = some[one["place"]]
            found[quoted(row["schema"], row["name"])] = [one["last_value"], one["is_called"], row["increment"]]
    return found


@contextmanager
def _looking(target: Target, database: str | None, snapshot: str | None) -> Iterator[Connection]:
    """A connection in one transaction that sees one moment, with the settings that a census needs."""
    with connect(target, acting=True, database=database, statement_timeout=_LONG, jit=False) as conn:
        set_json_loads(_forgiving_json, conn)
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        if conn.info.parameter_status("server_encoding") == "SQL_ASCII":
            conn.execute(
                "SET LOCAL client_encoding = 'SQL_ASCII'"
            )  # else the server refuses bytes that are none in ours
        if snapshot is not None:
            conn.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        conn.execute(Q["census_steady"])
        yield conn


def _forgiving_json(said: bytes | str) -> Any:
    """A database of no encoding may hold bytes that are none in ours, in a function's text or a comment."""
    return json.loads(said.decode(errors="replace") if isinstance(said, bytes) else said)


def _export(conn: Connection) -> str:
    return str(_one(conn, "SELECT pg_export_snapshot() AS name")["name"])


def _one(conn: Connection, statement: str) -> dict[str, Any]:
    row = conn.execute(statement.encode()).fetchone()
    assert row is not None
    return row


def _tables(conn: Connection, only: int | None = None) -> Iterator[_Table]:
    for row in conn.execute(Q["census_tables"], {"only": only}).fetchall():
        plain = row["kind"] == "r"
        yield _Table(
            oid=row["oid"],
            name=quoted(row["schema"], row["name"]),
            full=f"{identifier(row['schema'])}.{identifier(row['name'])}",
            kind=row["kind"],
            condition=row["condition"] or "",
            hashed=row_hash(row["columns"]) if plain else None,
            columns=len(row["columns"]),
            left_out=_why_not(row),
        )


def _why_not(row: dict[str, Any]) -> str | None:
    if row["kind"] == "f":
        return "its rows are on another server"
    if row["kind"] == "m" and not row["populated"]:
        return "it was never filled"
    if row["extension"] and not row["configuration"]:
        return f"it comes with extension {row['extension']}"
    if row["persistence"] == "u" and row["standby"]:
        return "it is unlogged, and a standby has none of its rows"
    return None


def _lock(conn: Connection, tables: list[_Table], target: str) -> None:
    """Take a reader's lock on all tables now, so that none is emptied or made anew before it is counted.

    A materialized view can not be locked so.
    """
    lockable = [one for one in tables if one.kind == "r"]
    for start in range(0, len(lockable), _AT_ONCE):
        some = lockable[start : start + _AT_ONCE]
        names = ", ".join(f"ONLY {one.full}" for one in some)
        with _told(conn, target, some), conn.transaction():
            conn.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE".encode())


def _sizes(conn: Connection, tables: list[_Table]) -> dict[int, int]:
    rows = conn.execute(Q["census_size"], {"oids": [one.oid for one in tables]}).fetchall()
    return {row["oid"]: row["bytes"] for row in rows}


def _count_all(conns: list[Connection], tables: list[_Table], target: str, watch: Watch) -> dict[str, TableCensus]:
    """Every table once, the biggest first, on whichever connection is free."""
    sizes = _sizes(conns[0], tables)
    total_bytes, done = sum(sizes.values()), 0
    free: SimpleQueue[Connection] = SimpleQueue()
    for conn in conns:
        free.put(conn)

    def work(table: _Table) -> TableCensus:
        conn = free.get()
        try:
            with _told(conn, target, [table]), conn.transaction():
                return _count(conn, table, sizes[table.oid])
        finally:
            free.put(conn)

    found: dict[str, TableCensus] = {}
    finished: SimpleQueue[Future[TableCensus]] = SimpleQueue()
    with ThreadPoolExecutor(len(conns)) as pool:
        for table in sorted(tables, key=lambda one: -sizes[one.oid]):
            pool.submit(work, table).add_done_callback(finished.put)
        try:
            while len(found) < len(tables):
                watch.cancel.check()
                watch.tell("counting and comparing rows", done, total_bytes, "bytes")
                with suppress(Empty):
                    one = finished.get(timeout=_LOOK_SECONDS).result()
                    found[one.name], done = one, done + one.bytes
        except BaseException:
            _stop(pool, conns)
            raise
    return {name: found[name] for name in sorted(found)}


def _stop(pool: ThreadPoolExecutor, conns: list[Connection]) -> None:
    pool.shutdown(wait=False, cancel_futures=True)
    for conn in conns:
        conn.cancel_safe(timeout=5)


def _count(conn: Connection, table: _Table, size: int) -> TableCensus:
    summed = f"sum({table.hashed})" if table.hashed else "0"
    only = "ONLY " if table.kind == "r" else ""
    source = f"{only}{table.full} {table.condition}"
    row = _one(conn, f"SELECT count(*) AS rows, {summed} AS total FROM {source}")  # noqa: S608 - quoted
    how = "rows" if table.kind == "r" else "count"
    return TableCensus(table.name, row["rows"], total(row["total"]) if how == "rows" else "", size, how, table.columns)


def _large_objects(conn: Connection) -> dict[str, Any]:
    row = _one(conn, Q["census_large_objects"])
    return {"count": row["count"], "bytes": row["bytes"], "hash": total(row["total"])}


@contextmanager
def _told(conn: Connection, target: str, tables: list[_Table]) -> Iterator[None]:
    """Turn the driver's errors into ours, which say the table and what to do; a lost connection is told elsewhere."""
    names = tables[0].name if len(tables) == 1 else "the tables" if tables else "the schema"
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise _locked(conn, tables, target) from None
    except psycopg.errors.InsufficientPrivilege as fault:
        raise Refused(
            f"{names} can not be read as a whole: {fault.diag.message_primary}",
            hint=f"The role of targets.{target}.dsn must own it, or be allowed to read all rows (superuser or BYPASSRLS).",
        ) from None
    except psycopg.errors.QueryCanceled:
        raise StatementFailed("cancelled while rows were counted", state="cancelled", sqlstate="57014") from None
    except psycopg.Error as fault:
        if fault.sqlstate is None or fault.sqlstate.startswith(("57P", "08")):
            raise
        said = redact.text((fault.diag.message_primary or str(fault)).strip().splitlines()[0])
        raise StatementFailed(
            f"{names} can not be read: {said}", state="failed", sqlstate=fault.sqlstate, hint=fault.diag.message_hint
        ) from None


def _locked(conn: Connection, tables: list[_Table], target: str) -> Refused:
    """Which table is locked, and by whom."""
    row = conn.execute(Q["census_in_the_way"], {"oids": [one.oid for one in tables]}).fetchone()
    if row is None:
        return Refused("a table was locked by another session", hint="Try again.")
    name = next(one.name for one in tables if one.oid == row["oid"])
    said = redact.text(" ".join(row["query"].split()))
    who = f"session {row['pid']} ({row['role']}, {row['application'] or 'no application name'}): {said}"
    return Refused(
        f"table {name} is locked by {who}",
        hint=f"Wait for it, or end it: fireline resolve terminate-session {row['pid']} --target {target}",
    )
