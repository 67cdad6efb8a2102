"""A database that statements are held against: each is parsed there as the role that would run it, and nothing is run.

Parsing by the extended protocol looks up every name and type, plans nothing and calls nothing but the reading functions
of types for the constants in the text. What it does not look at, privileges above all, is asked of the catalog.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse, unwrap_node

from fireline import redact
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target, connect
from fireline.postgres.syntax import looks_like_a_read
from fireline.runbook.lint.database.extensions import extension_of
from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.nearest import nearest
from fireline.runbook.lint.database.own_functions import OWN
from fireline.runbook.lint.database.privileges import privilege
from fireline.runbook.lint.database.refusal import Refusal, problem
from fireline.runbook.lint.database.utility import lookup
from fireline.runbook.lint.database.volatile import writes
from fireline.runbook.lint.sql.mentions import ANALYSED, Mentions, mentions, parameters
from fireline.runbook.lint.world import Judged, Kind, Patient, Problem
from fireline.runbook.sqltext import LONGEST

_LIMIT = timedelta(seconds=3)
_ALL = 120.0  # seconds for all statements of one lint
_LOCK = timedelta(milliseconds=250)
_MISSING = ("function", "table", "column", "schema", "type")
_MOST_BINDS = 1000  # the server would make room for every number below the highest


@contextmanager
def open_(
    target: Target,
    *,
    name: str | None = None,
    unnamed: bool = False,
    built: bool = False,
    absent: Mapping[str, str] | None = None,
    unread: str | None = None,
) -> Iterator[Patient]:
    """The database of a target, to hold statements against; one connection, or two where it has a reading role.

    unnamed: the settings have no name for it, and it is called as its server calls it; built: it was made from
    migrations, which do not tell of what a real one has beside; absent: names that one of them should have made, each
    with the reason why it did not; unread: why not all of them are known. Raises TargetUnavailable.
    """
    with ExitStack() as stack:
        reader = Inquiry(stack.enter_context(_session(target, acting=False)), own=built)
        changer = reader
        if target.read_dsn is not None and target.read_dsn != target.dsn:
            changer = Inquiry(stack.enter_context(_session(target, acting=True)))
        called = name or (f"the database {reader.database}" if unnamed else target.name)
        known = None if built or unnamed else target.name
        yield Live(called, reader, changer, target=known, built=built, absent=absent, unread=unread)


def _session(target: Target, *, acting: bool) -> Any:
    return connect(target, acting=acting, statement_timeout=_LIMIT, lock_timeout=_LOCK, autocommit=True, jit=False)


class Live:
    """A running server as a Patient. reader and changer: as the role of reads, and as the one of everything else."""

    def __init__(
        self,
        name: str,
        reader: Inquiry,
        changer: Inquiry,
        *,
        target: str | None = None,
        built: bool = False,
        absent: Mapping[str, str] | None = None,
        unread: str | None = None,
    ) -> None:
        self.name = name
        self.target = target
        self.built = built
        self.absent = dict(absent or {})
        self.unread = unread
        self.reader = reader
        self.changer = changer
        self.major = reader.major
        self.database = reader.database
        self._judged: dict[tuple[str, int, bool], Judged] = {}
        self._lost: str | None = None
        self._waited = 0.0

    def judge(self, sql: str, binds: int = 0, *, changing: bool = False) -> Judged:
        """One statement with $1 … as the role that will run it; the same one is asked once."""
        key = (sql, binds, changing)
        if key not in self._judged:
            self._judged[key] = self._guarded(sql, binds, changing=changing)
        return self._judged[key]

    def columns(self, table: str) -> tuple[str, ...] | None:
        """The columns of a table or view by its name as in the statement; None when it is not there."""
        try:
            return self.reader.columns(table)
        except (psycopg.Error, TargetUnavailable):
            return None

    def similar(self, kind: Kind, name: str) -> tuple[str, ...]:
        """Names that are there and look like it, the nearest first; of a column `table.column`."""
        try:
            return nearest(self.reader, kind, name)
        except (psycopg.Error, TargetUnavailable):
            return ()

    def _guarded(self, sql: str, binds: int, *, changing: bool) -> Judged:
        if self._lost:
            return Judged(unknown=self._lost)
        if self._waited > _ALL:
            return Judged(unknown=f"{self.name} took too long over the statements before it")
        if len(sql) > LONGEST:
            return Judged(unknown="it is too long to be looked into")
        begun = time.monotonic()
        try:
            return self._judge(sql, binds, changing=changing)
        except (psycopg.Error, TargetUnavailable) as fault:
            said = redact.text(str(fault).strip().splitlines()[0]) if str(fault).strip() else type(fault).__name__
            if self.reader.lost or self.changer.lost:
                self._lost = f"the connection to {self.name} was lost: {said}"
            return Judged(unknown=self._lost or f"{self.name} did not answer: {said}")
        finally:
            self._waited += time.monotonic() - begun

    def _judge(self, sql: str, binds: int, *, changing: bool) -> Judged:
        try:
            trees = parse(sql).stmts
        except PgQueryError:
            return self._unparsed(sql, binds)
        except (DecodeError, RecursionError):
            return Judged(unknown="it is nested too deeply to be looked into")
        if len(trees) != 1:
            return Judged(unknown=f"it is {len(trees) or 'no'} statement{'s' if trees else ''}, not one")
        tree = unwrap_node(trees[0].stmt)
        numbers = parameters(tree)
        if (highest := max(numbers, default=0)) > min(binds, _MOST_BINDS):
            at = len(sql.encode()[: numbers[highest]].decode("utf-8", "replace"))
            return Judged(Problem("other", f"there is no parameter ${highest}", "42P02", at, f"${highest}"))
        role = self.reader if looks_like_a_read(sql) and not changing else self.changer
        if type(tree).__name__ not in ANALYSED:
            return lookup(role, tree, sql)
        return self._analysed(role, tree, sql)

    def _unparsed(self, sql: str, binds: int) -> Judged:
        """What our grammar does not read; a newer server may."""
        if binds or "$" in sql:
            return Judged(unknown="PostgreSQL's grammar does not read it")
        said = self.reader.parse(sql)
        if said is None:
            return Judged(unknown="only the server reads it; what it names was not looked at")
        return self._refused(self.reader, said, sql, Mentions())

    def _analysed(self, role: Inquiry, tree: Any, sql: str) -> Judged:
        named = mentions(tree)
        tables = tuple(name if schema is None else f"{schema}.{name}" for schema, name in named.tables)
        names = (*named.tables, *named.types, *(one.name for one in named.calls))
        because = min(role.risky & ({name for _, name in names} | named.arrays), default=None) or role.operates(sql)
        if because:
            return Judged(unknown=f"parsing it would run a check of {because}", reads=tables)
        with role.transaction():
            said = role.parse_here(sql)
            if said is None:
                found = None if self.built else privilege(role, named, sql) or self._asleep(role, named)
                why = writes(role, named) if type(tree).__name__ == "SelectStmt" else None
                return Judged(problem=found, writes=why, reads=tables)
        refused = self._refused(role, said, sql, named)
        return Judged(refused.problem, refused.unknown, reads=tables)

    def _refused(self, role: Inquiry, said: Refusal, sql: str, named: Mentions) -> Judged:
        if said.passing:
            return Judged(unknown=f"{self.name} could not say: {said.message}")
        raw = sql.encode()

        def character(byte: int) -> int:
            return len(raw[:byte].decode("utf-8", "replace"))

        calls = {character(one.at) for one in named.calls}
        fault = problem(said, sql, calls, {character(at) for at in named.types.values()})
        if reason := self._not_told(fault):
            return Judged(unknown=reason)
        if fault.kind not in ("function", "table", "type", "schema", "mismatch") or not fault.name:
            return Judged(fault)
        if self.built and fault.kind == "function" and fault.name.rpartition(".")[2] in OWN:
            return Judged(
                unknown="it is Fireline's own function, which `fireline postgres install` brings, not a migration"
            )
        extension = extension_of(fault.kind, fault.name)
        if extension is None or (fault.kind != "mismatch" and role.has_name(fault.kind, fault.name)):
            return Judged(fault)
        if fault.kind == "mismatch" and role.extension(extension)[1] is not None:
            return Judged(fault)
        if self.built:
            return Judged(unknown=f"it is of the extension {extension}, which may be put in beside the migrations")
        return Judged(_of_extension(role, extension, fault))

    def _not_told(self, fault: Problem) -> str | None:
        """Why migrations do not tell of something that is missing."""
        last = (fault.name or "").rpartition(".")[2]
        if self.built and fault.kind == "function" and last in OWN:
            return "it is Fireline's own function, which `fireline postgres install` brings, not a migration"
        return self.absent.get(last) or (self.unread if fault.kind in _MISSING else None)

    def _asleep(self, role: Inquiry, named: Mentions) -> Problem | None:
        """Installed, and yet of no use: its library was not loaded when the server started."""
        for name in role.extensions_of(named):
            _, _, loaded = role.extension(name)
            if not loaded:
                return Problem("extension", f"{name} must be loaded via shared_preload_libraries", "55000", name=name)
        return None


def _of_extension(role: Inquiry, extension: str, fault: Problem) -> Problem:
    available, schema, loaded = role.extension(extension)
    if schema is not None:
        hint = f"{extension} is installed in the schema {schema}."
    elif not available:
        hint = f"{extension} is not among the extensions that this server has."
    else:
        hint = f"{extension} is available, and not created in this database"
        hint += "." if loaded else ", nor in shared_preload_libraries."
    return Problem("extension", fault.message, fault.sqlstate, fault.position, extension, hint)
