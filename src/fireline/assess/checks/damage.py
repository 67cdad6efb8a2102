"""Damaged pages: those that errors name, looked up and read again; and, when failures are only counted, a search for them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from fireline.assess.checks.databases import Databases
from fireline.assess.checks.log import Log
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST = 20  # pages that are read again
_SECONDS, _DEEP_SECONDS = 0.6, 120.0
_PAGE = re.compile(r"invalid page in block (\d+) of relation \W?((?:base|global|pg_tblspc)/[\w/.]+)")
_READ = re.compile(r"could not read blocks? (\d+)(?:\.\.\d+)? in file \W?((?:base|global|pg_tblspc)/[\w/.]+)")
_FAILED = ("XX001", "XX002", "58030", "58P01")
_SPACES = re.compile(r"^pg_tblspc/(\d+)/[^/]+/(\d+)/(\d+)|^base/(\d+)/(\d+)|^global/(\d+)")
_RELATION = """
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, o.oid::regclass::text AS of
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.reltoastrelid = coalesce(i.indrelid, c.oid)
LEFT JOIN pg_class o ON o.oid = coalesce(t.oid, i.indrelid)
WHERE c.oid = pg_filenode_relation(%(space)s::oid, %(file)s::oid)
"""
_HERE = "SELECT oid::int8 AS oid FROM pg_database WHERE datname = current_database()"
_SMALLEST_FIRST = """
SELECT c.oid::int8 AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 't') AND c.oid >= 16384 AND c.relpersistence <> 't' AND c.relpages > 0
ORDER BY c.relpages, c.oid LIMIT 2000
"""


@dataclass(frozen=True)
class Page:
    """One page that is or was damaged. error: what reading it says now; None when it is in order, or was not tried."""

    path: str  # the file, as the server names it
    block: int
    oid: int | None = None  # None: no relation of this database has that file now
    schema: str = ""
    name: str = ""
    kind: str = ""  # r table, i index, t TOAST, m materialised view
    of: str | None = None  # the table of an index or a TOAST table
    error: str | None = None
    tried: bool = False
    seen: str = ""  # where it was named

    @property
    def relation(self) -> str:
        """Schema and name, without quotes."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Damage:
    """The pages, and how far the search went."""

    pages: tuple[Page, ...] = ()
    searched: int = 0  # tables read whole
    whole: bool = False  # all of them


def read(conn: Connection, sofar: Snapshot) -> Damage:
    """The pages that the complaint and the log name; if failures are counted and no page is known, those that a search meets."""
    row = conn.execute(_HERE).fetchone()
    here = int(row["oid"]) if row else 0
    pages = [_again(conn, page) for page in _named(conn, sofar, here)]
    if pages or not (_counted(sofar) or sofar.asked.deep):
        return Damage(tuple(pages))
    return _search(conn, here, _DEEP_SECONDS if sofar.asked.deep else _SECONDS)


def pages_in(text: str) -> Iterator[tuple[int, str]]:
    """Block and file of each page that a text calls damaged."""
    for pattern in (_PAGE, _READ):
        for found in pattern.finditer(text):
            yield int(found[1]), found[2]


def _named(conn: Connection, sofar: Snapshot, here: int) -> list[Page]:
    log = sofar.last("log", Log)
    texts = [(sofar.complaint.text, "the complaint")]
    texts += [
        (message, "server log")
        for entry in (log.entries if log else ())
        for message in (entry.message, *entry.messages)
    ]
    found: dict[tuple[str, int], str] = {}
    for text, source in texts:
        for block, path in pages_in(text):
            found.setdefault((path, block), source)
    pages = [_page(conn, path, block, source, here) for (path, block), source in list(found.items())[:MOST]]
    return [page for page in pages if page is not None]


def _page(conn: Connection, path: str, block: int, source: str, here: int) -> Page | None:
    """Which relation a file is of; None when it is of another database."""
    found = _SPACES.match(path)
    if found is None:
        return None
    space, database, file = (found[1], found[2], found[3]) if found[1] else (0, found[4] or here, found[5] or found[6])
    if int(database) != here:
        return None
    row: DictRow | None = conn.execute(_RELATION, {"space": int(space), "file": int(file)}).fetchone()
    return Page(path, block, **row, seen=source) if row else Page(path, block, seen=source)


def _again(conn: Connection, page: Page) -> Page:
    """Read the page once more, when it is one of a table: fetching one of its rows reads it."""
    if page.oid is None or page.kind not in ("r", "m", "t"):
        return page
    question = sql.SQL("SELECT count(*) FROM {} WHERE ctid = ANY (ARRAY[{}::tid])").format(
        sql.Identifier(page.schema, page.name), sql.Literal(f"({page.block},1)")
    )
    error, tried = _error(conn, question)
    return Page(**{**page.__dict__, "error": error, "tried": tried})


def _error(conn: Connection, question: sql.Composed) -> tuple[str | None, bool]:
    """What a read says about damage, and whether it could be tried at all."""
    try:
        with conn.transaction():
            conn.execute(question)
    except psycopg.Error as fault:
        if fault.sqlstate in _FAILED:
            return str(fault.diag.message_primary), True
        return None, False
    return None, True


def _counted(sofar: Snapshot) -> bool:
    databases = sofar.last("databases", Databases)
    return bool(databases and databases.here and databases.here.checksum_failures)


def _search(conn: Connection, here: int, seconds: float) -> Damage:
    """Read tables whole, the smallest first, as long as there is time."""
    end, found, count = time.monotonic() + seconds, [], 0
    for setting in ("enable_indexonlyscan", "enable_indexscan", "enable_bitmapscan"):
        conn.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(setting)))
    conn.execute("SET LOCAL max_parallel_workers_per_gather = 0")
    rows = conn.execute(_SMALLEST_FIRST).fetchall()
    for row in rows:
        if time.monotonic() > end:
            break
        error, tried = _error(
            conn, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(row["schema"], row["name"]))
        )
        count += tried
        for block, path in pages_in(error or ""):
            page = _page(conn, path, block, "a read of the whole table", here)
            found += [Page(**{**page.__dict__, "error": error, "tried": True})] if page else []
    return Damage(tuple(found), count, count == len(rows))


def wanted(sofar: Snapshot) -> bool:
    """When a page is said to be damaged, or failures of checksums are counted."""
    log = sofar.last("log", Log)
    return (
        sofar.complaint.about("corrupt") or _counted(sofar) or sofar.asked.deep
        or bool(log and log.like(r"invalid page in block|could not read blocks? \d+"))
    )  # fmt: skip


check = Check("damage", read, wanted=wanted)
