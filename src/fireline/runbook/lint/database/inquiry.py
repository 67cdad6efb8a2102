"""What is asked of a server's catalog by one role; no table is locked by it, and no function of others is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from postgast import PgQueryError, parse, scan, unwrap_node
from postgast.pg_query_pb2 import Token
from psycopg import pq
from psycopg.rows import DictRow

from fireline.postgres.connect import Connection
from fireline.runbook.lint.database.bounding import bounded
from fireline.runbook.lint.database.extensions import PRELOADED
from fireline.runbook.lint.database.refusal import Refusal, refusal
from fireline.runbook.lint.sql.mentions import Mentions, Name
from fireline.runbook.lint.world import Kind
from fireline.store.connect import queries

PATIENCE = 30.0  # seconds for all questions of one transaction: a server that is frozen does not even time out
COMPARING = frozenset({"=", "<>", "<", ">", "<=", ">=", "~~", "!~~"})
Q = queries("fireline.runbook.lint.database")
_CONSTANTS = {Token.SCONST, Token.USCONST, Token.BCONST, Token.XCONST}
_NAMES = {
    "function": "names_of_functions",
    "table": "names_of_relations",
    "type": "names_of_types",
    "schema": "names_of_schemas",
    "other": "names_of_settings",
}


class Inquiry:
    """One session with a server. path: the schemas in which a bare name is looked for, in their order."""

    def __init__(self, conn: Connection, *, own: bool = False) -> None:
        """own: everything there is ours, so that nothing is asked about privileges."""
        self.conn = conn
        self.own = own
        conn.read_only = True
        row = conn.execute(Q["session"]).fetchone()
        assert row is not None
        self.major: int = conn.info.server_version // 10000
        self.role: str = row["role"]
        self.database: str = row["database"]
        self.path: list[str] = row["path"]
        self._extensions: dict[str, tuple[bool, str | None, bool]] = {}
        self._names: dict[str, list[DictRow]] = {}
        self._relations: dict[tuple[Name, str], DictRow] = {}
        self._functions: dict[str, list[DictRow]] = {}
        self._inside = self._settled = False

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return bool(self.conn.closed or self.conn.broken)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A READ ONLY transaction that is rolled back, whatever happens in it."""
        with bounded(self.conn, PATIENCE), self.conn.transaction(force_rollback=True):
            self._inside, self._settled = True, False
            try:
                yield
            finally:
                self._inside = False

    def _settle(self) -> None:
        """From here on to the end of the transaction names of ours mean PostgreSQL's own, whatever the role's path is."""
        if not self._settled:
            self.conn.execute("SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)")
            self._settled = True

    def parse(self, sql: str) -> Refusal | None:
        """Let the server parse one statement in a transaction of its own, of whose names nothing else is known."""
        if because := self.runs(sql):
            return Refusal("55000", f"parsing it would run a check of {because}", None, None)
        with self.transaction():
            return self.parse_here(sql)

    def parse_here(self, sql: str) -> Refusal | None:
        """Let the server parse one statement: the first message of the extended protocol, which runs nothing."""
        result = self.conn.pgconn.prepare(b"", sql.encode(self.conn.info.encoding, "replace"))
        return None if result.status == pq.ExecStatus.COMMAND_OK else refusal(result)

    def rows(self, query: str, **values: Any) -> list[DictRow]:
        """The rows of one of our questions, within a transaction or in one of its own."""
        if not self._inside:
            with self.transaction():
                return self.rows(query, **values)
        self._settle()
        return self.conn.execute(Q[query], {"path": self.path, **values}).fetchall()

    def relations(self, wanted: Sequence[tuple[Name, str]]) -> list[DictRow]:
        """For each name and privilege one row, whose oid is null when there is no such table; each is asked once."""
        new = [one for one in dict.fromkeys(wanted) if one not in self._relations]
        if new:
            schemas = [name[0] for name, _ in new]
            names, needs = [name[1] for name, _ in new], [need for _, need in new]
            rows = self.rows("relations", schemas=schemas, names=names, needs=needs)
            if self.own:
                rows = [{**row, "own": True, "may": True, "may_some": True} for row in rows]
            self._relations |= dict(zip(new, rows, strict=True))
        return [self._relations[one] for one in wanted]

    def functions(self, names: Sequence[str]) -> list[DictRow]:
        """Every function of these names, in any schema; each is asked once."""
        wanted = sorted(set(names))
        if new := [name for name in wanted if name not in self._functions]:
            self._functions |= {name: [] for name in new}
            for row in self.rows("functions", names=new):
                self._functions[row["name"]].append(row)
        return [row for name in wanted for row in self._functions[name]]

    def columns(self, table: str) -> tuple[str, ...] | None:
        """The columns of a table by its name as in a statement; None when it is not there."""
        name = parsed_name(table)
        found = self.relations([(name, "")]) if name else []
        if not found or found[0]["oid"] is None:
            return None
        return self.columns_of(found[0]["oid"])

    def columns_of(self, oid: int) -> tuple[str, ...]:
        """The columns of a table by its number."""
        return tuple(row["name"] for row in self.rows("columns", oid=oid))

    def names(self, kind: Kind) -> list[DictRow]:
        """Every name of a kind with its schema, read once."""
        if kind not in self._names:
            self._names[kind] = self.rows(_NAMES[kind]) if kind in _NAMES else []
        return self._names[kind]

    def has_name(self, kind: Kind, name: str) -> bool:
        """Whether a name is there, in whatever schema."""
        last = name.rpartition(".")[2]
        return any(row["name"] == last for row in self.names(kind))

    def extension(self, name: str) -> tuple[bool, str | None, bool]:
        """Whether an extension can be had, the schema it is in, and whether it was loaded at the start where it must be."""
        if name not in self._extensions:
            row = self.rows("extension", name=name, setting=PRELOADED.get(name))[0]
            self._extensions[name] = (row["available"], row["schema"], row["loaded"])
        return self._extensions[name]

    def extensions_of(self, named: Mentions) -> list[str]:
        """Those of the extensions that must be preloaded whose views or functions a statement names."""
        words = {word for _, word in named.tables} | {one.name[1] for one in named.calls}
        return [name for name in PRELOADED if any(word == name or word.startswith(f"{name}_") for word in words)]

    @cached_property
    def risky(self) -> frozenset[str]:
        """Tables, types and operators for which a mere text constant runs a function of the database's owner when it is parsed."""
        return frozenset(row["name"] for row in self.rows("risky"))

    def runs(self, sql: str) -> str | None:
        """One of those by whose name alone a text must not be sent; None when it holds none."""
        if not self.risky or not _has_constant(sql):
            return None
        try:
            words = {sql.encode()[one.start : one.end].decode("utf-8", "replace") for one in scan(sql).tokens}
        except PgQueryError:
            return sorted(self.risky)[0]
        names = {word.strip('"') if word[:1] == '"' else word.lower() for word in words}
        arrays = {f"_{name}"[:63] for name in names}
        hidden = any(word[:2].lower() == "u&" for word in words)  # a name in escapes
        return min(self.risky & (names | arrays), default=sorted(self.risky)[0] if hidden else None)

    def operates(self, sql: str) -> str | None:
        """An operator of those that a text with a constant holds; None when it holds none."""
        signs = {name for name in self.risky if not (name[:1].isalnum() or name[:1] in "_ $")}
        if not signs or not _has_constant(sql):
            return None
        said = signs & COMPARING  # IN, BETWEEN, USING and others mean them without a word
        try:
            raw = sql.encode()
            said |= signs & {raw[one.start : one.end].decode("utf-8", "replace") for one in scan(sql).tokens}
        except PgQueryError:
            said = signs
        return min(said, default=None)


def _has_constant(sql: str) -> bool:
    """Whether a text constant stands in it, without which nothing is read as a type of its own."""
    try:
        return any(one.token in _CONSTANTS for one in scan(sql).tokens)
    except PgQueryError:
        return True


def parsed_name(table: str) -> Name | None:
    """Schema and name of a table as it stands in a statement; None when it is no name."""
    try:
        item = unwrap_node(unwrap_node(parse(f"TABLE {table}").stmts[0].stmt).from_clause[0])  # only parsed
    except (PgQueryError, IndexError, AttributeError):
        return None
    return (item.schemaname or None, item.relname) if hasattr(item, "relname") else None
