"""Statements that deleted rows or emptied tables, and how many rows those tables still have."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
from psycopg import sql

from fireline import redact
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST, MOST_COUNTED, ENOUGH = 100, 6, 100_000

_WHERE = "SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'"
_STATEMENTS = """
SELECT pg_get_userbyid(s.userid)::text AS "user", left(s.query, 4000) AS text, s.calls::int8 AS calls, s.rows::int8 AS rows
FROM {}.pg_stat_statements s WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND s.query ~* '\\m(delete\\s+from|truncate)\\M' ORDER BY s.rows DESC, s.calls LIMIT {}
"""
_NAME = r'((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)'
_DELETE = re.compile(rf"\bdelete\s+from\s+(?:only\s+)?{_NAME}", re.IGNORECASE)
_TRUNCATE = re.compile(r"^\s*truncate\s+(?:table\s+)?(?:only\s+)?(.+)$", re.IGNORECASE | re.DOTALL)
_PART = re.compile(_NAME)
_WHERE_WORD = re.compile(r"\b(?:where|using)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Deletion:
    """One normalised statement of one role. rows: None for TRUNCATE, which counts none."""

    user: str
    text: str
    calls: int
    rows: int | None
    tables: tuple[tuple[str | None, str], ...]  # schema, as the text has it, and name
    whole: bool  # without a condition

    @property
    def per_call(self) -> float:
        """Rows deleted by one call."""
        return (self.rows or 0) / max(self.calls, 1)


@dataclass(frozen=True)
class Deletions:
    """The statements that deleted most, and the rows that the tables they name have now, counted up to ENOUGH."""

    statements: tuple[Deletion, ...] = ()
    left: dict[int, int] | None = None  # by the table's number
    counted: bool = True  # False: there is no pg_stat_statements to ask

    def rows(self, table: Table) -> int | None:
        """How many rows a table has now; None when it was not counted."""
        return (self.left or {}).get(table.oid)


def read(conn: Connection, sofar: Snapshot) -> Deletions:
    """The statements, then a count of the tables that they name and of those with most deletes."""
    found = _statements(conn)
    tables = sofar.last("tables", Tables)
    if tables is None:
        return Deletions(found or (), None, found is not None)
    named = [table for one in found or () for schema, name in one.tables if (table := tables.named(name, schema))]
    named += sorted((one for one in tables.tables if one.deleted), key=lambda one: -one.deleted)
    wanted = list({one.oid: one for one in named if one.kind in ("r", "p")}.values())[:MOST_COUNTED]
    left = {table.oid: rows for table in wanted if (rows := _count(conn, table)) is not None}
    return Deletions(found or (), left, found is not None)


def _statements(conn: Connection) -> tuple[Deletion, ...] | None:
    where = conn.execute(_WHERE).fetchone()
    if where is None:
        return None
    question = sql.SQL(_STATEMENTS).format(sql.Identifier(where["schema"]), sql.Literal(MOST))
    try:
        rows = conn.execute(question).fetchall()
    except psycopg.Error:  # the extension is there, its library was not loaded
        conn.rollback()
        return None
    return tuple(one for row in rows if (one := deletion(row["user"], row["text"], row["calls"], row["rows"])))


def deletion(user: str, text: str, calls: int, rows: int) -> Deletion | None:
    """What a statement deletes from; None when it only speaks of it."""
    clean = " ".join(redact.text(text).split())
    if emptied := _TRUNCATE.match(clean):
        names = re.split(r"\b(?:restart|continue|cascade|restrict)\b|;", emptied[1], flags=re.IGNORECASE)[0]
        return Deletion(user, clean, calls, None, tuple(_name(one) for one in _PART.findall(names)), whole=True)
    found = _DELETE.search(clean)
    if not found:
        return None
    return Deletion(user, clean, calls, rows, (_name(found[1]),), whole=not _WHERE_WORD.search(clean, found.end()))


def _name(text: str) -> tuple[str | None, str]:
    parts = [
        part[1:-1].replace('""', '"') if part.startswith('"') else part.lower()
        for part in re.findall(r'"(?:[^"]|"")+"|[\w$]+', text)
    ]
    return (parts[0], parts[1]) if len(parts) > 1 else (None, parts[0])


def _count(conn: Connection, table: Table) -> int | None:
    question = sql.SQL("SELECT count(*) AS rows FROM (SELECT 1 FROM {} LIMIT {}) AS few").format(
        sql.Identifier(table.schema, table.name), sql.Literal(ENOUGH)
    )
    try:
        with conn.transaction():
            conn.execute("SET LOCAL statement_timeout = '300ms'")
            row = conn.execute(question).fetchone()
    except psycopg.Error:
        return None
    return int(row["rows"]) if row else None


check = Check("deletions", read, wanted=lambda sofar: sofar.complaint.about("lost", "orphans") or sofar.asked.deep)
