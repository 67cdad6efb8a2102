"""Statements that the server would only look at when it runs them (ALTER, CREATE INDEX, SET …): their names, asked of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from postgast import PgQueryError, deparse, unwrap_node

from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.privileges import denied
from fireline.runbook.lint.sql.mentions import Name, dotted
from fireline.runbook.lint.world import Judged, Problem

_PROPER = {
    "VacuumStmt",
    "AlterTableStmt",
    "IndexStmt",
    "TruncateStmt",
    "LockStmt",
    "ClusterStmt",
    "ReindexStmt",
    "RefreshMatViewStmt",
}
_NOTHING = {
    "TransactionStmt",
    "DiscardStmt",
    "ListenStmt",
    "UnlistenStmt",
    "NotifyStmt",
    "CheckPointStmt",
    "ConstraintsSetStmt",
}
_COLUMNS = {
    "AT_DropColumn",
    "AT_AlterColumnType",
    "AT_ColumnDefault",
    "AT_DropNotNull",
    "AT_SetNotNull",
    "AT_SetStatistics",
    "AT_SetStorage",
}
_SPECIAL = {"all", "session_authorization", "role", "seed", "transaction", "session characteristics"}
_TABLES = {"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE"}


class _Lack(Exception):
    """What a statement names and the database has not."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def lookup(catalog: Inquiry, tree: Any, sql: str) -> Judged:
    """What can be said of a statement without running it; unknown with a reason where that is nothing."""
    kind = type(tree).__name__
    if kind in _NOTHING:
        return Judged()
    look = _LOOKS.get(kind)
    if look is None:
        return Judged(unknown=f"{_spoken(kind)} can not be tried without running it")
    try:
        look(_Asked(catalog, sql), tree)
    except _Lack as lack:
        return Judged(lack.problem)
    except _Untold as why:
        return Judged(unknown=str(why))
    return Judged()


class _Untold(Exception):
    """Why a statement could not be looked into."""


class _Asked:
    """One statement's questions; each raises _Lack for what is not there."""

    def __init__(self, catalog: Inquiry, sql: str) -> None:
        self.catalog = catalog
        self.raw = sql.encode()

    def at(self, byte: int) -> int | None:
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
            raise _Lack(
                denied(
                    said, whole, f"{self.catalog.role} is not in {row['owner']}, who owns it", self.at(node.location)
                )
            )
        return row

    def named(self, name: Name, at: int | None, *, need: str = "", missing_ok: bool = False) -> dict[str, Any] | None:
        row = self.catalog.relations([(name, need)])[0]
        shown = name[1] if name[0] is None else f"{name[0]}.{name[1]}"
        if row["oid"] is None:
            if missing_ok:
                return None
            raise _Lack(Problem("table", f'relation "{shown}" does not exist', "42P01", at, shown))
        if not row["may"] and not row["may_some"]:
            raise _Lack(denied(f"permission denied for {row['name']}", shown, f"{self.catalog.role} lacks {need}", at))
        return dict(row)

    def column(self, row: dict[str, Any], name: str, at: int | None) -> None:
        if name and name not in self.catalog.columns_of(row["oid"]):
            said = f'column "{name}" of relation "{row["name"]}" does not exist'
            raise _Lack(Problem("column", said, "42703", at, f"{row['name']}.{name}"))

    def role(self, name: str, at: int = -1) -> None:
        if name and not self.catalog.rows("role", name=name):
            raise _Lack(Problem("other", f'role "{name}" does not exist', "42704", self.at(at), name))

    def setting(self, name: str) -> None:
        if not name or name.lower() in _SPECIAL or name.lower().startswith(("transaction", "session char")):
            return
        try:
            value = self.catalog.rows("setting", name=name)[0]["value"]
        except psycopg.errors.InsufficientPrivilege:
            return
        except psycopg.errors.InvalidName:
            value = None
        if value is None and "." not in name:
            raise _Lack(Problem("other", f'unrecognized configuration parameter "{name}"', "42704", None, name))

    def query(self, node: Any) -> None:
        """A query within: the server parses it."""
        try:
            text = deparse(node)
        except (PgQueryError, ValueError, TypeError):
            raise _Untold("the query in it can not be looked at by itself") from None
        said = self.catalog.parse(text)
        if said is not None:
            raise _Untold(f"the query in it was refused: {said.message}")

    def function(self, name: Name, at: int | None = None, *, procedure: bool = False) -> None:
        rows = self.catalog.functions([name[1]])
        if not any(row["schema"] == name[0] if name[0] else row["visible"] for row in rows):
            shown = name[1] if name[0] is None else f"{name[0]}.{name[1]}"
            what = "procedure" if procedure else "function"
            raise _Lack(Problem("function", f"{what} {shown} does not exist", "42883", at, shown))


def _enum(node: Any, field: str) -> str:
    kind = node.DESCRIPTOR.fields_by_name[field]
    return str(kind.enum_type.values_by_number[getattr(node, field)].name)


def _alter(asked: _Asked, tree: Any) -> None:
    if _enum(tree, "objtype") not in _TABLES:
        raise _Untold(f"{_spoken('AlterTypeStmt')} can not be tried without running it")
    row = asked.relation(tree.relation, owner=True, missing_ok=tree.missing_ok)
    if row is None:
        return
    new: set[str] = set()
    for one in (unwrap_node(command) for command in tree.cmds):
        kind = _enum(one, "subtype")
        if kind == "AT_AddColumn":
            new.add(getattr(unwrap_node(getattr(one, "def")), "colname", ""))
        elif kind in _COLUMNS and one.name not in new and not one.missing_ok:
            asked.column(row, one.name, None)
        elif kind == "AT_ChangeOwner" and one.newowner.rolename:
            asked.role(one.newowner.rolename, one.newowner.location)


def _index(asked: _Asked, tree: Any) -> None:
    row = asked.relation(tree.relation, owner=True)
    assert row is not None
    for one in (unwrap_node(element) for element in (*tree.index_params, *tree.index_including_params)):
        asked.column(row, one.name, None)


def _vacuum(asked: _Asked, tree: Any) -> None:
    for one in (unwrap_node(relation) for relation in tree.rels):
        row = asked.relation(one.relation)
        assert row is not None
        for column in one.va_cols:
            asked.column(row, unwrap_node(column).sval, None)


def _truncate(asked: _Asked, tree: Any) -> None:
    for one in tree.relations:
        asked.relation(unwrap_node(one), need="TRUNCATE")


def _relations(asked: _Asked, tree: Any) -> None:
    for one in tree.relations:
        asked.relation(unwrap_node(one))


def _owned(asked: _Asked, tree: Any) -> None:
    if tree.HasField("relation"):
        asked.relation(tree.relation, owner=True)


def _drop(asked: _Asked, tree: Any) -> None:
    kind = _enum(tree, "remove_type")
    if tree.missing_ok:
        return
    for one in (unwrap_node(item) for item in tree.objects):
        if kind in _TABLES:
            asked.named(dotted(one.items), None)
        elif kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE"):
            asked.function(dotted(one.objname), procedure=kind == "OBJECT_PROCEDURE")
        else:
            raise _Untold("what it drops was not looked up")


def _rename(asked: _Asked, tree: Any) -> None:
    if not tree.HasField("relation"):
        raise _Untold("what it renames was not looked up")
    row = asked.relation(tree.relation, owner=True, missing_ok=tree.missing_ok)
    if row is not None and _enum(tree, "rename_type") == "OBJECT_COLUMN":
        asked.column(row, tree.subname, None)


def _copy(asked: _Asked, tree: Any) -> None:
    if tree.is_program:
        raise _Untold("COPY … PROGRAM runs a command on the server")
    if tree.HasField("relation"):
        row = asked.relation(tree.relation, need="INSERT" if tree.is_from else "SELECT")
        assert row is not None
        for one in tree.attlist:
            asked.column(row, unwrap_node(one).sval, None)
    elif tree.HasField("query"):
        asked.query(unwrap_node(tree.query))


def _grant(asked: _Asked, tree: Any) -> None:
    for one in (unwrap_node(grantee) for grantee in tree.grantees):
        asked.role(one.rolename, one.location)
    if _enum(tree, "targtype") != "ACL_TARGET_OBJECT" or _enum(tree, "objtype") not in _TABLES:
        return
    for one in (unwrap_node(item) for item in tree.objects):
        asked.relation(one)


def _grant_role(asked: _Asked, tree: Any) -> None:
    for one in (unwrap_node(item) for item in tree.grantee_roles):
        asked.role(one.rolename, one.location)
    for one in (unwrap_node(item) for item in tree.granted_roles):
        asked.role(one.priv_name)


def _set(asked: _Asked, tree: Any) -> None:
    if _enum(tree, "kind") in ("VAR_SET_VALUE", "VAR_SET_DEFAULT", "VAR_SET_CURRENT", "VAR_RESET"):
        asked.setting(tree.name)


def _extension(asked: _Asked, tree: Any) -> None:
    available, _, _ = asked.catalog.extension(tree.extname)
    if not available:
        said = f'extension "{tree.extname}" is not available'
        hint = f"{tree.extname} is not among the extensions that this server has."
        raise _Lack(Problem("extension", said, "0A000", None, tree.extname, hint))


def _names(asked: _Asked, tree: Any) -> None:
    asked.role(tree.role.rolename, tree.role.location)
    if tree.HasField("setstmt"):
        _set(asked, tree.setstmt)


_LOOKS: dict[str, Callable[[_Asked, Any], None]] = {
    "AlterTableStmt": _alter,
    "IndexStmt": _index,
    "VacuumStmt": _vacuum,
    "TruncateStmt": _truncate,
    "LockStmt": _relations,
    "ClusterStmt": _owned,
    "ReindexStmt": _owned,
    "RefreshMatViewStmt": _owned,
    "DropStmt": _drop,
    "RenameStmt": _rename,
    "CopyStmt": _copy,
    "GrantStmt": _grant,
    "GrantRoleStmt": _grant_role,
    "VariableShowStmt": lambda asked, tree: asked.setting(tree.name),
    "VariableSetStmt": _set,
    "AlterSystemStmt": lambda asked, tree: _set(asked, tree.setstmt),
    "CreateExtensionStmt": _extension,
    "AlterRoleStmt": lambda asked, tree: asked.role(tree.role.rolename, tree.role.location),
    "AlterRoleSetStmt": _names,
    "ViewStmt": lambda asked, tree: asked.query(unwrap_node(tree.query)),
}


def _spoken(kind: str) -> str:
    """A node's kind in words: `CreateTrigStmt` is CREATE TRIG."""
    word = kind.removesuffix("Stmt")
    return "".join(f" {letter}" if letter.isupper() and place else letter for place, letter in enumerate(word)).upper()
