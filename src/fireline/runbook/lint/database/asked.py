"""What a statement names, asked of the catalog one by one: what is not there, or not permitted, is raised."""

from __future__ import annotations

from typing import Any

import psycopg
from postgast import PgQueryError, deparse
from postgast.pg_query_pb2 import ParseResult, RawStmt

from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.privileges import denied
from fireline.runbook.lint.sql.mentions import Name
from fireline.runbook.lint.world import Problem

_SPECIAL = {"all", "session_authorization", "role", "seed", "transaction", "session characteristics"}


class Lack(Exception):
    """What a statement names and the database has not."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Untold(Exception):
    """Why a statement could not be looked into."""


class Asked:
    """One statement's questions; each raises Lack for what is not there."""

    def __init__(self, catalog: Inquiry, sql: str) -> None:
        self.catalog = catalog
        self.raw = sql.encode()

    def at(self, byte: int) -> int | None:
        """The letter of a byte of the statement; None for none."""
        return len(self.raw[:byte].decode("utf-8", "replace")) if byte >= 0 else None

    def relation(
        self, node: Any, *, need: str = "", owner: bool = False, missing_ok: bool = False
    ) -> dict[str, Any] | None:
        """The row of a table that the tree names."""
        name: Name = (node.schemaname or None, node.relname)
        row = self.named(name, self.at(node.location), need=need, missing_ok=missing_ok)
        if row is not None and owner and not row["own"]:
            said = f"must be owner of {row['name']}"
            whole = f"{row['schema']}.{row['name']}"
            raise Lack(
                denied(
                    said, whole, f"{self.catalog.role} is not in {row['owner']}, who owns it", self.at(node.location)
                )
            )
        return row

    def named(self, name: Name, at: int | None, *, need: str = "", missing_ok: bool = False) -> dict[str, Any] | None:
        """The row of a table by its name, which the role may use as is needed."""
        row = self.catalog.relations([(name, need)])[0]
        shown = name[1] if name[0] is None else f"{name[0]}.{name[1]}"
        if row["oid"] is None:
            if missing_ok:
                return None
            raise Lack(Problem("table", f'relation "{shown}" does not exist', "42P01", at, shown))
        if not row["may"] and not row["may_some"]:
            raise Lack(denied(f"permission denied for {row['name']}", shown, f"{self.catalog.role} lacks {need}", at))
        return dict(row)

    def column(self, row: dict[str, Any], name: str, at: int | None) -> None:
        """A column of a table that is there."""
        if name and name not in self.catalog.columns_of(row["oid"]):
            said = f'column "{name}" of relation "{row["name"]}" does not exist'
            raise Lack(Problem("column", said, "42703", at, f"{row['name']}.{name}"))

    def role(self, name: str, at: int = -1) -> None:
        """A role; an empty name is one that is always there."""
        if name and not self.catalog.rows("role", name=name):
            raise Lack(Problem("other", f'role "{name}" does not exist', "42704", self.at(at), name))

    def setting(self, name: str) -> None:
        """A setting; one with a dot may be anybody's own."""
        if not name or name.lower() in _SPECIAL or name.lower().startswith(("transaction", "session char")):
            return
        try:
            value = self.catalog.rows("setting", name=name)[0]["value"]
        except psycopg.errors.InsufficientPrivilege:
            return
        except psycopg.errors.InvalidName:
            value = None
        if value is None and "." not in name:
            raise Lack(Problem("other", f'unrecognized configuration parameter "{name}"', "42704", None, name))

    def query(self, node: Any) -> None:
        """A query within: the server parses it."""
        try:
            text = deparse(ParseResult(stmts=[RawStmt(stmt=node)]))
        except (PgQueryError, ValueError, TypeError):
            raise Untold("the query in it can not be looked at by itself") from None
        said = self.catalog.parse(text)
        if said is not None:
            raise Untold(f"the query in it was refused: {said.message}")

    def function(self, name: Name, at: int | None = None, *, procedure: bool = False) -> None:
        """A function or procedure, whatever its arguments."""
        rows = self.catalog.functions([name[1]])
        if not any(row["schema"] == name[0] if name[0] else row["visible"] for row in rows):
            shown = name[1] if name[0] is None else f"{name[0]}.{name[1]}"
            what = "procedure" if procedure else "function"
            raise Lack(Problem("function", f"{what} {shown} does not exist", "42883", at, shown))
