"""Which SQL can lose committed data, by PostgreSQL's own syntax tree. What it does not know is not therefore harmless."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message
from postgast import PgQueryError, scan, walk
from postgast.pg_query_pb2 import CMD_DELETE, CMD_UPDATE, Token

_ALWAYS = {
    "TruncateStmt": "TRUNCATE empties tables",
    "DeleteStmt": "DELETE removes rows",
    "UpdateStmt": "UPDATE overwrites rows",
    "DropStmt": "DROP removes objects",
    "DropdbStmt": "DROP DATABASE removes a whole database",
    "DropRoleStmt": "DROP ROLE removes a role",
    "DropOwnedStmt": "DROP OWNED removes all objects of a role",
    "DropTableSpaceStmt": "DROP TABLESPACE removes a tablespace",
    "DropSubscriptionStmt": "DROP SUBSCRIPTION removes a subscription",
    "DropUserMappingStmt": "DROP USER MAPPING removes a credential",
    "ClusterStmt": "CLUSTER rewrites a table behind an exclusive lock",
}
_ALTER = {
    "AT_DropColumn": "a column with its data",
    "AT_DropConstraint": "a constraint",
    "AT_DropExpression": "the generation of a column",
    "AT_DropIdentity": "the identity of a column",
    "AT_DropNotNull": "a NOT NULL",
    "AT_DropInherit": "the inheritance of a table",
}
_FUNCTIONS = {  # whose names do not say it
    "pg_promote",
    "pg_replication_slot_advance",
    "pg_logical_slot_get_changes",
    "pg_logical_slot_get_binary_changes",
    "lo_unlink",
    "pg_file_unlink",
    "pg_file_write",
    "pg_file_rename",
    "heap_force_kill",
    "heap_force_freeze",
}
_VERBS = {"delete", "drop", "purge", "truncate", "wipe", "destroy", "erase", "restore", "reset"}
_DURABILITY = {"fsync", "full_page_writes", "synchronous_commit"}


def reason(statement: Message) -> str | None:
    """Why this one parsed statement can lose committed data; None when nothing in it says so."""
    if type(statement).__name__ == "ExplainStmt" and not _analyzes(statement):
        return None  # it plans, and runs nothing
    for _, node in walk(statement):
        kind = type(node).__name__
        look = _LOOKS.get(kind)
        why = _ALWAYS.get(kind) or (look(node) if look else None)
        if why:
            return why
    return None


def _analyzes(explain: Any) -> bool:
    return any(option.def_elem.defname == "analyze" for option in explain.options)


def _named(node: Message, field: str) -> str:
    """The name of an enumeration's value."""
    description = node.DESCRIPTOR.fields_by_name[field].enum_type
    return str(description.values_by_number[getattr(node, field)].name)


def _alter(node: Any) -> str | None:
    part = _named(node, "subtype")
    if part in _ALTER:
        return f"ALTER … DROP removes {_ALTER[part]}"
    if part == "AT_AlterColumnType":
        return "ALTER … TYPE rewrites a column"
    return "ALTER … SET UNLOGGED: a crash would empty the table" if part == "AT_SetUnLogged" else None


def _vacuum(node: Any) -> str | None:
    full = node.is_vacuumcmd and any(option.def_elem.defname == "full" for option in node.options)
    return "VACUUM FULL rewrites a table behind an exclusive lock" if full else None


def _transaction(node: Any) -> str | None:
    prepared = _named(node, "kind") in ("TRANS_STMT_ROLLBACK_PREPARED", "TRANS_STMT_COMMIT_PREPARED")
    return "ending a prepared transaction can not be taken back" if prepared else None


def _copy(node: Any) -> str | None:
    if node.is_program:
        return "COPY … PROGRAM runs a command on the server"
    return "COPY … TO overwrites a file on the server" if node.filename and not node.is_from else None


def _function(node: Any) -> str | None:
    name = node.funcname[-1].string.sval.lower() if node.funcname else ""
    if name in _FUNCTIONS:
        return f"{name}() can not be taken back"
    verbs = [] if name.startswith("pg_stat") else sorted(_VERBS & set(name.split("_")))
    return f"the name of {name}() says {verbs[0]}" if verbs else None


def _insert(node: Any) -> str | None:
    return "INSERT … ON CONFLICT DO UPDATE overwrites rows" if node.on_conflict_clause.target_list else None


def _merge(node: Any) -> str | None:
    return "MERGE overwrites or removes rows" if node.command_type in (CMD_UPDATE, CMD_DELETE) else None


def _system(node: Any) -> str | None:
    name = node.setstmt.name
    return f"without {name} a crash loses committed data" if name in _DURABILITY else None


def _block(node: Any) -> str | None:
    """A DO block is a text to the parser; the keywords in it are looked at."""
    for option in node.args:
        if option.def_elem.defname == "as":
            return destructive_words(option.def_elem.arg.string.sval, "a DO block")
    return None


_LOOKS: dict[str, Callable[[Any], str | None]] = {
    "AlterTableCmd": _alter,
    "VacuumStmt": _vacuum,
    "TransactionStmt": _transaction,
    "CopyStmt": _copy,
    "FuncCall": _function,
    "InsertStmt": _insert,
    "MergeWhenClause": _merge,
    "AlterSystemStmt": _system,
    "DoStmt": _block,
    "RefreshMatViewStmt": lambda node: "REFRESH … WITH NO DATA empties a view" if node.skip_data else None,
}
_KEYWORDS = (Token.DELETE_P, Token.DROP, Token.TRUNCATE, Token.UPDATE, Token.MERGE)


def destructive_words(sql: str, what: str) -> str | None:
    """The first destructive keyword of a text that can only be cut into words, not parsed; comments do not count."""
    try:
        tokens = scan(sql).tokens
    except PgQueryError:
        return None
    before: int | None = None
    for token in tokens:
        if token.token in _KEYWORDS and before not in (Token.FOR, Token.KEY):  # SELECT … FOR [NO KEY] UPDATE only locks
            word = sql.encode()[token.start : token.end].decode().upper()
            return f"{what} says {word}"
        before = token.token
    return None
