"""Migrations run one statement after the other on a scratch server: what fails is written down, and the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse, unwrap_node, walk
from psycopg import sql

from fireline import redact
from fireline.runbook.lint.database.extensions import brings_known, extension_of
from fireline.runbook.lint.database.refusal import Refusal, name_at
from fireline.runbook.lint.migrations import standins
from fireline.runbook.lint.migrations.files import Piece, Unread, pieces
from fireline.runbook.lint.migrations.session import OWNER, Scratch, Session
from fireline.runbook.lint.sql.mentions import made_by, mentions
from fireline.runbook.lint.world import Kind, Unapplied

_SHOWN = 120
_SKIPPED = {"TransactionStmt", "LockStmt", "CheckPointStmt", "VacuumStmt", "ListenStmt", "NotifyStmt", "CommentStmt"}
_LIMITS = {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"}
# What is no trusted extension, and yet does nothing outside of the server. Nothing else is put in for migrations: as one
# that reads files, starts programs or reaches other servers would.
_HARMLESS = {
    "amcheck", "autoinc", "bloom", "earthdistance", "hypopg", "insert_username", "intagg", "moddatetime", "pageinspect",
    "pg_buffercache", "pg_freespacemap", "pg_stat_statements", "pg_visibility", "pgrowlocks", "pgstattuple", "postgis",
    "refint", "sslinfo", "vector", "xml2",
}  # fmt: skip
_LANGUAGES = {"plperl", "pltcl"}  # trusted, and yet a whole language of programs
# Errors that tell of the scratch server rather than of the migration.
_OURS = {"42501", "0A000", "25P01", "58P01", "57014", "55000", "F0000", "22023", "53200", "53100"}
_MISSING: dict[str, Kind] = {"42883": "function", "42704": "type", "3F000": "schema", "42P01": "table"}


@dataclass
class Applied:
    """What came of it. absent: names that a migration would have made and did not, each with the reason."""

    faults: list[Unapplied] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    extensions: set[str] = field(default_factory=set)  # that could not be had
    unread: str | None = None  # why there is more that nobody knows the names of


def apply(found: Sequence[Path], server: Scratch, standing: frozenset[str]) -> Applied:
    """Run the files in their order. standing: the schemas whose contents are only stand-ins."""
    options = (
        "-c search_path=pg_catalog -c statement_timeout=20s -c lock_timeout=5s"  # what it asks means PostgreSQL's own
    )
    with psycopg.connect(server.admin, autocommit=True, options=options) as root:
        run = _Run(Session(server, root), root, standing)
        try:
            for file in found:
                run.file(file)
        finally:
            run.session.close()
    return run.done


class _Run:
    def __init__(self, session: Session, root: psycopg.Connection[Any], standing: frozenset[str]) -> None:
        self.session, self.root, self.standing = session, root, standing
        self.done = Applied()
        self.known: set[str] = set()

    def file(self, file: Path) -> None:
        """Run one file; what can not be read of it is not known."""
        self.session.fresh()
        if self.session.over:
            self.done.unread = self.session.over
        try:
            for piece in pieces(file):
                self.take(piece)
        except Unread as why:
            self.done.unread = f"{file.name} was not read: {why}"
            self.done.faults.append(Unapplied(str(file), 1, f"it was not read: {why}", "", file.name, str(why)))

    def take(self, piece: Piece) -> None:
        """Run one statement, or say why not."""
        tree = _tree(piece.sql)
        if piece.command:
            named = piece.sql.split(maxsplit=1)[0]
            return self._fail(piece, f"{named} is not run", "", (), f"{named} is a command of psql, and left out")
        if tree is not None and self._skipped(tree):
            return None
        if type(tree).__name__ == "CreateExtensionStmt" and not self.session.over:
            return self._extension(piece, tree)
        if tree is not None and not self.session.over:
            self._roles(tree)
        return self._run(piece, tree)

    def _skipped(self, tree: Any) -> bool:
        kind = type(tree).__name__
        if kind == "VariableSetStmt":
            return tree.is_local or tree.name.lower() in _LIMITS
        return kind in _SKIPPED

    def _run(self, piece: Piece, tree: Any) -> None:
        try:
            text = piece.sql.encode()
        except UnicodeError:
            return self._fail(piece, "it is not UTF-8", "22021", (), "it can not be sent")
        refused = self.session.say(text, None if piece.data is None else piece.data.encode())
        if refused is not None:
            self._refused(piece, tree, refused)
        return None

    def _refused(self, piece: Piece, tree: Any, said: Refusal) -> None:
        if type(tree).__name__ == "VariableSetStmt" and said.state == "42704":
            return  # a setting of another version
        name = name_at(piece.sql, said.position) or ""
        why = self._excuse(said.state, name, said.message, tree)
        made = () if tree is None else tuple(made_by(tree))
        line = piece.line + (piece.sql[: said.position].count("\n") if said.position else 0)
        self._fail(Piece(piece.file, line, piece.sql), said.message, said.state, made, why)

    def _excuse(self, state: str, name: str, said: str, tree: Any) -> str | None:
        """Why a failure need not be the migration's own fault; None when nothing speaks for that."""
        if self.session.over:
            return self.session.over
        if not state or state.startswith("57P"):
            return "the session that ran it was ended"
        if self.session.lost:
            return "its session was ended by a statement before it"
        if state in _OURS:
            return "the scratch server does not let it, or can not do it: its owner is no superuser there"
        words = {name, name.rpartition(".")[2]}
        for absent, reason in self.done.absent.items():
            if absent in words or f'"{absent}"' in said or f".{absent}" in said or f'.{absent}"' in said:
                return reason
        for missing in sorted(self.done.extensions) if state in _MISSING else ():
            if not brings_known(missing) or extension_of(_MISSING[state], name) == missing:
                return f"the extension {missing} can not be had here"
        if self.standing and tree is not None:
            inside = {schema for schema, _ in mentions(tree).tables if schema} | (
                {name.partition(".")[0]} if "." in name else set()
            )
            if inside & self.standing:
                return f"{sorted(inside & self.standing)[0]} is only a stand-in here"
        return None

    def _fail(self, piece: Piece, said: str, state: str, made: Sequence[str], why: str | None) -> None:
        message = redact.text(said.splitlines()[0])
        shown = " ".join(piece.sql.split())[:_SHOWN]
        if why is None or not any(one.file == str(piece.file) and one.message == message for one in self.done.faults):
            self.done.faults.append(Unapplied(str(piece.file), piece.line, message, state, redact.text(shown), why))
        for name in made:
            self.done.absent.setdefault(name, f"{piece.file.name} line {piece.line}, which makes {name}, did not apply")

    def _extension(self, piece: Piece, tree: Any) -> None:
        """As the superuser, since most extensions ask for one; where it can not be had, its names alone."""
        name = str(tree.extname)
        options = {one.defname: one.arg.string.sval for one in (unwrap_node(item) for item in tree.options)}
        default = "extensions" if self.standing else "public"
        schema = options.get("schema") or default
        try:
            self.root.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            if self._harmless(name):
                create = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} CASCADE")
                self.root.execute(create.format(sql.Identifier(name), sql.Identifier(schema)))
            elif not standins.extension(self.root, name, schema):
                self.done.extensions.add(name)
                self._fail(piece, f'extension "{name}" is not available', "0A000", (), f"{name} can not be had here")
        except psycopg.errors.DuplicateObject:
            return
        except psycopg.Error as error:
            self.done.extensions.add(name)
            said = error.diag.message_primary or str(error)
            self._fail(piece, said, error.sqlstate or "", (), f"{name} can not be had here")

    def _harmless(self, name: str) -> bool:
        """Whether an extension is there, and it and those it needs stay within the server."""
        rows = self.root.execute(
            "SELECT trusted, requires::text[] FROM pg_available_extension_versions WHERE name = %s", [name]
        ).fetchall()
        if not rows or name in _LANGUAGES or not (name in _HARMLESS or all(trusted for trusted, _ in rows)):
            return False
        return all(self._harmless(one) for one in {one for _, needed in rows for one in needed or ()} - {"plpgsql"})

    def _roles(self, tree: Any) -> None:
        """Roles are made beside migrations: one that is named is there."""
        wanted = {node.rolename for _, node in walk(tree) if type(node).__name__ == "RoleSpec" and node.rolename}
        if type(tree).__name__ == "GrantRoleStmt":
            wanted |= {unwrap_node(one).priv_name for one in tree.granted_roles}
        for name in sorted(wanted - self.known - {"public", "none", OWNER}):
            self.known.add(name)
            role = sql.Identifier(name)
            try:
                self.root.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
                self.root.execute(sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(role, sql.Identifier(OWNER)))
                self.root.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(role))
            except psycopg.Error:  # it is there, or no name for a role
                continue


def _tree(text: str) -> Any:
    """The parsed statement; None where it does not parse."""
    try:
        trees = parse(text).stmts
    except (PgQueryError, DecodeError, RecursionError):
        return None
    return unwrap_node(trees[0].stmt) if trees else None
