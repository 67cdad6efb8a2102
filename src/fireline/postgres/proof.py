"""Rule 3: read is proved, never declared. The grammar says what a statement names, the target's catalog what that does.

Not followed: functions inside index expressions and CHECK constraints of tables, which the planner may fold when they
are called immutable and have constant arguments. A READ ONLY transaction that is rolled back stands behind the proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from psycopg import pq
from psycopg.rows import DictRow

from fireline.postgres import catalog, trusted
from fireline.postgres.connect import Connection
from fireline.postgres.syntax import Name, Names, operators_of, reading


@dataclass(frozen=True)
class Proof:
    """Whether a statement only reads. `error`: the server's own words when it can not even parse it."""

    level: Literal["read"] | None
    reason: str
    error: str | None = None
    hint: str | None = None


_EXTRACT, _DATE_PART = ("pg_catalog", "extract"), ("pg_catalog", "date_part")  # as which EXTRACT was read until 13
_BUSY = ("55P03", "57014", "40P01")  # a lock or a time limit was in the way: no verdict on the text
_PROVED = "one statement whose every function, operator, cast, view and policy only reads"


def prove(conn: Connection | None, statement: str, values: Sequence[Any] | None = None) -> Proof:
    """Prove that a single statement only reads, on the target it is for; nothing of it is executed.

    values: of its $1, $2 …, when they are known already.
    Without a connection nothing is proved, but what can never be a read is told apart by its reason.
    """
    read = reading(statement)
    if read.names is None:
        return Proof(None, read.because)
    if conn is None:
        return Proof(None, "it looks like a read, which only the target can prove")
    if read.shows_setting:
        return Proof("read", "SHOW only shows a setting")
    if values is not None and read.names.parameters > len(values):
        missing = f"there is no value for ${len(values) + 1}"
        return Proof(None, missing, error=missing)
    with conn.transaction(force_rollback=True):
        return _ask(conn, statement, read.names)


def _ask(conn: Connection, statement: str, names: Names) -> Proof:
    if conn.pgconn.parameter_status(b"standard_conforming_strings") != b"on":
        return Proof(None, "standard_conforming_strings is off, so texts may not be what they look like")
    schemas = conn.execute("SELECT pg_catalog.current_schemas(true)::text[] AS path").fetchone()
    assert schemas is not None
    inquiry = _Inquiry(conn, schemas["path"])
    with conn.transaction(force_rollback=True):
        conn.execute("SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)")
        because = inquiry.objection(names)
    if because:
        return Proof(None, because)
    fault = _parse(conn, statement)
    if fault is not None:
        return fault
    return Proof(None, inquiry.missing) if inquiry.missing else Proof("read", _PROVED)


def _parse(conn: Connection, statement: str) -> Proof | None:
    """Let the server parse it, the first message of the extended protocol; its words if it can not.

    Not before the catalog was asked: parsing a text such as '{x}'::own_domain[] already runs that domain's checks.
    """
    fault: Proof | None = None
    with conn.transaction(force_rollback=True):
        result = conn.pgconn.prepare(b"", statement.encode(conn.info.encoding))
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        if result.status != pq.ExecStatus.COMMAND_OK and state not in _BUSY:
            said = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"the connection was lost").decode()
            hint = result.error_field(pq.DiagnosticField.MESSAGE_HINT)
            fault = Proof(
                None, f"the server can not parse it: {said}", error=said, hint=hint.decode() if hint else None
            )
    return fault


@dataclass
class _Reached:
    """What stored trees (a view's, a policy's, a domain's) lead to, by number."""

    functions: set[int] = field(default_factory=set)
    operators: set[int] = field(default_factory=set)
    relations: set[int] = field(default_factory=set)
    types: set[int] = field(default_factory=set)
    locks_rows: bool = False


_FUNCTIONS = re.compile(r":(?:funcid|opfuncid|aggfnoid|winfnoid|tsmhandler) (\d+)")
_OPERATORS = re.compile(r":(?:opno|sortop|eqop) (\d+)|:opnos \(o ([\d ]+)\)")
_RELATIONS = re.compile(r":(?:relid|seqid) (\d+)")
_TYPES = re.compile(r":(?:resulttype|consttype|vartype|funcresulttype|typeId) (\d+)")


def _numbers(pattern: re.Pattern[str], tree: str) -> set[int]:
    found = {
        number for match in pattern.finditer(tree) for group in match.groups() if group for number in group.split()
    }
    return {int(number) for number in found} - {0}


def _follow(trees: Iterable[str], reached: _Reached) -> None:
    for tree in trees:
        reached.functions |= _numbers(_FUNCTIONS, tree)
        reached.operators |= _numbers(_OPERATORS, tree)
        reached.relations |= _numbers(_RELATIONS, tree)
        reached.types |= _numbers(_TYPES, tree)
        reached.locks_rows |= ":hasForUpdate true" in tree


class _Inquiry:
    """One statement's questions to the catalog; each method gives the first objection, or an empty text."""

    def __init__(self, conn: Connection, path: list[str]) -> None:
        self.conn = conn
        self.path = path
        self.type_names: set[str] = set()
        self.missing = ""  # what the statement names and the target does not have

    def objection(self, names: Names) -> str:
        """Why the statement is not proved to only read; empty when it is."""
        reached = _Reached()
        steps: list[Callable[[], str]] = [
            lambda: self._types(names, reached),
            lambda: self._functions(names),
            lambda: self._operators(names),
            lambda: self._casts(explicit=bool(names.types or names.functions)),
            lambda: self._relations(names, reached),
            lambda: self._closure(reached),
        ]
        return next((because for step in steps if (because := step())), "")

    def _rows(self, query: str, **values: Any) -> list[DictRow]:
        return self.conn.execute(query, values).fetchall()

    def _visible(self, rows: list[DictRow], name: Name) -> list[DictRow]:
        """The rows a name may mean: of its schema, else of every schema on the search path."""
        schema, word = name
        return [
            row
            for row in rows
            if row["name"] == word and (row["schema"] == schema if schema else row["schema"] in self.path)
        ]

    def _types(self, names: Names, reached: _Reached) -> str:
        """Seed the types named; `name(x)` may be a cast, too."""
        rows = self._rows(catalog.TYPES, names=[word for _, word in names.types | names.functions])
        for name in names.types:
            found = self._visible(rows, name)
            if not found:
                self.missing = f"there is no type {name[1]}"
            reached.types |= {row["oid"] for row in found}
        for name in names.functions:
            reached.types |= {row["oid"] for row in self._visible(rows, name)}
        self.type_names = {row["name"] for row in rows}
        return ""

    def _functions(self, names: Names) -> str:
        wanted = [*(word for _, word in names.functions), _DATE_PART[1], *names.fields]
        rows = self._rows(catalog.FUNCTIONS_BY_NAME, names=wanted)
        for name in sorted(names.functions, key=str):
            found = self._visible(rows, name)
            if not found and name == _EXTRACT:
                found = self._visible(rows, _DATE_PART)
            if not found and name[1] not in self.type_names:
                self.missing = f"there is no function {name[1]}"
            for row in found:
                if because := distrust(row):
                    return because
        by_row = [
            row for row in rows if row["name"] in names.fields and row["takes_row"] and row["schema"] in self.path
        ]
        return next((because for row in by_row if (because := distrust(row))), "")

    def _operators(self, names: Names) -> str:
        wanted = operators_of(names)
        rows = self._rows(catalog.OPERATORS_BY_NAME, names=[word for _, word in wanted])
        for name in sorted(wanted, key=str):
            for row in self._visible(rows, name):
                if because := distrust(row["function"], implied=True):
                    return f"the operator {row['schema']}.{row['name']} calls it: {because}"
        return ""

    def _casts(self, *, explicit: bool) -> str:
        for row in self._rows(catalog.CASTS):
            because = distrust(row["function"], implied=True)
            if because and (explicit or row["implicit"]):
                return f"a cast of your own could be meant: {because}"
        return ""

    def _relations(self, names: Names, reached: _Reached) -> str:
        rows = self._rows(catalog.RELATIONS_BY_NAME, names=[word for _, word in names.relations])
        for schema, word in names.relations:
            found = self._visible(rows, (schema, word))
            if not found and not (schema is None and word in names.queries):
                self.missing = f"there is no table or view {word}"
            if found:
                first = min(found, key=lambda row: self.path.index(row["schema"]) if row["schema"] in self.path else 0)
                reached.relations.add(first["oid"])
        return ""

    def _closure(self, reached: _Reached) -> str:
        """Follow views, policies and then types until nothing new is reached."""
        named, reached.relations = reached.relations, set()
        if because := self._inside(named, reached, through_view=False):
            return because
        seen = _Reached()
        while relations := reached.relations - seen.relations:
            seen.relations |= relations
            if because := self._inside(relations, reached, through_view=True):
                return because
        while types := reached.types - seen.types:
            seen.types |= types
            _follow(self._checks(types, reached), reached)
        if reached.locks_rows:
            return "a view in it locks rows"
        return self._by_number(reached)

    def _inside(self, oids: set[int], reached: _Reached, *, through_view: bool) -> str:
        """What lies behind tables and views; PostgreSQL's own views are known to read."""
        for row in self._rows(catalog.INSIDE, oids=list(oids), through_view=through_view):
            if row["foreign_table"]:
                return f"{row['foreign_table']} is a foreign table: what its server does is not known"
            _follow(row["trees"] or [], reached)
            reached.types |= set(row["types"] or [])
        return ""

    def _checks(self, oids: set[int], reached: _Reached) -> list[str]:
        """The checks of domains among the types, and the types inside them; reading and printing functions of own types."""
        trees: list[str] = []
        for row in self._rows(catalog.TYPE_PARTS, oids=list(oids)):
            reached.types |= set(row["parts"] or [])
            reached.functions |= set(row["functions"] or [])
            trees += row["trees"] or []
        return trees

    def _by_number(self, reached: _Reached) -> str:
        """The functions that stored trees call."""
        for row in self._rows(catalog.OPERATORS_BY_OID, oids=list(reached.operators)):
            if because := distrust(row["function"], implied=True):
                return f"an operator in a view or policy calls it: {because}"
        for row in self._rows(catalog.FUNCTIONS_BY_OID, oids=list(reached.functions)):
            if because := distrust(row):
                return f"a view, policy or type in it calls it: {because}"
        return ""


def distrust(function: dict[str, Any], *, implied: bool = False) -> str:
    """Why calling a function is not proved to only read; empty when it is.

    implied: reached through an operator or a cast, which any extension may bring.
    """
    name, extension = function["name"], function["extension"]
    label = f"{function['schema']}.{name}()"
    volatile = function["volatility"] == "v"
    if function["oid"] < trusted.FIRST_OWN_OID:
        if name in trusted.DANGEROUS or function["takes_raw"]:
            return f"{name}() can do more than read"
        return f"{name}() is volatile: it may change something" if volatile and name not in trusted.HARMLESS else ""
    if extension and (extension, name) in trusted.HARMLESS_OF_EXTENSIONS:
        return ""
    if volatile:
        return f"{label} is volatile: it may change something"
    if extension:
        known = implied or extension in trusted.EXTENSIONS
        return "" if known else f"{label} is of the extension {extension}, which is not known to only read"
    return f"{label} is a function of your own: what it calls is not known"
