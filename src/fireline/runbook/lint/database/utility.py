"""Statements that the server would only look at when it runs them (ALTER, CREATE INDEX, SET …): their names, asked of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from postgast import unwrap_node

from fireline.runbook.lint.database.asked import Asked, Lack, Untold
from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.sql.mentions import dotted
from fireline.runbook.lint.world import Judged, Problem

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
_TABLES = {"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE"}


def lookup(catalog: Inquiry, tree: Any, sql: str) -> Judged:
    """What can be said of a statement without running it; unknown with a reason where that is nothing."""
    kind = type(tree).__name__
    if kind in _NOTHING:
        return Judged()
    look = _LOOKS.get(kind)
    if look is None:
        return Judged(unknown=f"{_spoken(kind)} can not be tried without running it")
    try:
        look(Asked(catalog, sql), tree)
    except Lack as lack:
        return Judged(lack.problem)
    except Untold as why:
        return Judged(unknown=str(why))
    return Judged()


def _enum(node: Any, field: str) -> str:
    kind = node.DESCRIPTOR.fields_by_name[field]
    return str(kind.enum_type.values_by_number[getattr(node, field)].name)


def _alter(asked: Asked, tree: Any) -> None:
    if _enum(tree, "objtype") not in _TABLES:
        raise Untold(f"{_spoken('AlterTypeStmt')} can not be tried without running it")
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


def _index(asked: Asked, tree: Any) -> None:
    row = asked.relation(tree.relation, owner=True)
    assert row is not None
    for one in (unwrap_node(element) for element in (*tree.index_params, *tree.index_including_params)):
        asked.column(row, one.name, None)


def _vacuum(asked: Asked, tree: Any) -> None:
    for one in (unwrap_node(relation) for relation in tree.rels):
        row = asked.relation(one.relation)
        assert row is not None
        for column in one.va_cols:
            asked.column(row, unwrap_node(column).sval, None)


def _truncate(asked: Asked, tree: Any) -> None:
    for one in tree.relations:
        asked.relation(unwrap_node(one), need="TRUNCATE")


def _relations(asked: Asked, tree: Any) -> None:
    for one in tree.relations:
        asked.relation(unwrap_node(one))


def _owned(asked: Asked, tree: Any) -> None:
    if tree.HasField("relation"):
        asked.relation(tree.relation, owner=True)


def _drop(asked: Asked, tree: Any) -> None:
    kind = _enum(tree, "remove_type")
    if tree.missing_ok:
        return
    for one in (unwrap_node(item) for item in tree.objects):
        if kind in _TABLES:
            asked.named(dotted(one.items), None)
        elif kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE"):
            asked.function(dotted(one.objname), procedure=kind == "OBJECT_PROCEDURE")
        else:
            raise Untold("what it drops was not looked up")


def _rename(asked: Asked, tree: Any) -> None:
    if not tree.HasField("relation"):
        raise Untold("what it renames was not looked up")
    row = asked.relation(tree.relation, owner=True, missing_ok=tree.missing_ok)
    if row is not None and _enum(tree, "rename_type") == "OBJECT_COLUMN":
        asked.column(row, tree.subname, None)


def _copy(asked: Asked, tree: Any) -> None:
    if tree.is_program:
        raise Untold("COPY … PROGRAM runs a command on the server")
    if tree.HasField("relation"):
        row = asked.relation(tree.relation, need="INSERT" if tree.is_from else "SELECT")
        assert row is not None
        for one in tree.attlist:
            asked.column(row, unwrap_node(one).sval, None)
    elif tree.HasField("query"):
        asked.query(tree.query)


def _grant(asked: Asked, tree: Any) -> None:
    for one in (unwrap_node(grantee) for grantee in tree.grantees):
        asked.role(one.rolename, one.location)
    if _enum(tree, "targtype") != "ACL_TARGET_OBJECT" or _enum(tree, "objtype") not in _TABLES:
        return
    for one in (unwrap_node(item) for item in tree.objects):
        asked.relation(one)


def _grant_role(asked: Asked, tree: Any) -> None:
    for one in (unwrap_node(item) for item in tree.grantee_roles):
        asked.role(one.rolename, one.location)
    for one in (unwrap_node(item) for item in tree.granted_roles):
        asked.role(one.priv_name)


def _set(asked: Asked, tree: Any) -> None:
    if _enum(tree, "kind") in ("VAR_SET_VALUE", "VAR_SET_DEFAULT", "VAR_SET_CURRENT", "VAR_RESET"):
        asked.setting(tree.name)


def _extension(asked: Asked, tree: Any) -> None:
    available, _, _ = asked.catalog.extension(tree.extname)
    if not available:
        said = f'extension "{tree.extname}" is not available'
        hint = f"{tree.extname} is not among the extensions that this server has."
        raise Lack(Problem("extension", said, "0A000", None, tree.extname, hint))


def _names(asked: Asked, tree: Any) -> None:
    asked.role(tree.role.rolename, tree.role.location)
    if tree.HasField("setstmt"):
        _set(asked, tree.setstmt)


_LOOKS: dict[str, Callable[[Asked, Any], None]] = {
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
    "ViewStmt": lambda asked, tree: asked.query(tree.query),
}


def _spoken(kind: str) -> str:
    """A node's kind in words: `CreateTrigStmt` is CREATE TRIG."""
    word = kind.removesuffix("Stmt")
    return "".join(f" {letter}" if letter.isupper() and place else letter for place, letter in enumerate(word)).upper()
