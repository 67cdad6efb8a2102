"""Whether SQL loses rows that were committed, by PostgreSQL's own tree; narrower than what can not be called harmless."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse, walk

from fireline.runbook import sqltext
from fireline.runbook.language import loss

# What goes when it is dropped, and can not be made again from the code that made it.
_DROPPED = {"OBJECT_TABLE", "OBJECT_SCHEMA", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE", "OBJECT_EXTENSION"}
_NO_LOSS = {"ClusterStmt", "VacuumStmt", "RefreshMatViewStmt", "DropRoleStmt", "CopyStmt", "InsertStmt"}
_NO_LOSS |= {"DropUserMappingStmt", "AlterSystemStmt", "DropTableSpaceStmt"}
_SOFT_WORDS = (
    "VACUUM FULL",
    "CLUSTER",
    "REFRESH",
    "COPY",
    "INSERT",
    "DROP ROLE",
    "DROP USER",
    "ALTER … DROP removes a N",
)


def losing_sql(sql: str) -> str | None:
    """Why a SQL text loses data that was committed, in words; None when its tree does not say so. What ends with ROLLBACK is a rehearsal."""
    try:
        trees = [getattr(one.stmt, one.stmt.WhichOneof("node")) for one in parse(sql).stmts]
    except (PgQueryError, DecodeError):
        statements = sqltext.read(sql).statements
        found = (sqltext.destructive_sql(one.sql) for one in statements)
        return next((why for why in found if why and not why.startswith(_SOFT_WORDS)), None)
    if _rolled_back(trees):
        return None
    return next((why for tree in trees if (why := _reason(tree))), None)


def dropped(sql: str) -> tuple[str, ...]:
    """The databases that a SQL text drops."""
    try:
        trees = [one.stmt for one in parse(sql).stmts]
    except (PgQueryError, DecodeError):
        return ()
    return tuple(one.dropdb_stmt.dbname for one in trees if one.WhichOneof("node") == "dropdb_stmt")


def _rolled_back(trees: list[Any]) -> bool:
    ends = [tree for tree in trees if type(tree).__name__ == "TransactionStmt"]
    return bool(ends) and _named(ends[-1], "kind") == "TRANS_STMT_ROLLBACK"


def _named(node: Any, field: str) -> str:
    values = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(node, field)].name)


def _reason(tree: Any) -> str | None:
    kind = type(tree).__name__
    if kind in _NO_LOSS and not any(type(one).__name__ in ("DeleteStmt", "UpdateStmt") for _, one in walk(tree)):
        return None
    if kind == "DropStmt" and _named(tree, "remove_type") not in _DROPPED:
        return None
    if kind == "AlterTableStmt":
        parts = [one for _, one in walk(tree) if type(one).__name__ == "AlterTableCmd"]
        return (
            "it drops a column with its data" if any(_named(p, "subtype") == "AT_DropColumn" for p in parts) else None
        )
    why = loss.reason(tree)
    # A name is a guess, and a server that is promoted loses nothing of its own.
    return None if why and why.startswith(("the name of", "pg_promote()")) else why
