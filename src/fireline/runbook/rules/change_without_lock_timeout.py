"""A change of a table that waits for its lock without a limit: everybody behind it waits too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast.pg_query_pb2 import AlterTableType, ObjectType
from postgast.walk import unwrap_node

from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.sql.changing import NewTables, beside, changing, waits_are_limited
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject

_ACCESS_EXCLUSIVE = 8
_WEAK = {  # SHARE UPDATE EXCLUSIVE at most: reading and writing go on
    AlterTableType.AT_SetStatistics,
    AlterTableType.AT_SetOptions,
    AlterTableType.AT_ResetOptions,
    AlterTableType.AT_SetRelOptions,
    AlterTableType.AT_ResetRelOptions,
    AlterTableType.AT_ValidateConstraint,
    AlterTableType.AT_AttachPartition,
    AlterTableType.AT_ClusterOn,
    AlterTableType.AT_DropCluster,
}
_TABLES = {
    ObjectType.OBJECT_TABLE,
    ObjectType.OBJECT_COLUMN,
    ObjectType.OBJECT_TABCONSTRAINT,
    ObjectType.OBJECT_MATVIEW,
}
_DROPS = {
    ObjectType.OBJECT_TABLE: "DROP TABLE",
    ObjectType.OBJECT_INDEX: "DROP INDEX",
    ObjectType.OBJECT_MATVIEW: "DROP MATERIALIZED VIEW",
    ObjectType.OBJECT_TRIGGER: "DROP TRIGGER",
    ObjectType.OBJECT_POLICY: "DROP POLICY",
}


def look(subject: Subject) -> Iterator[Fault]:
    """Every such statement; the first of a fence offers the line that mends it."""
    mended = None
    new, steps = NewTables(subject.scripts), beside(subject.scripts)
    for piece in changing(subject.scripts):
        what = _strong(new, piece)
        if what is None or waits_are_limited(steps, piece):
            continue
        edits = _edits(subject, piece) if mended is not piece.script else ()
        mended = piece.script
        yield Fault(
            piece.place.line,
            f"{what} waits for its lock without a limit, and everybody behind it waits too",
            column=piece.place.column,
            step=piece.key,
            suggestion="Put `SET lock_timeout = '5s';` before it, and try again when it gives up.",
            edits=edits,
        )


def _edits(subject: Subject, piece: Piece) -> tuple[Edit, ...]:
    line = subject.lines[piece.place.line - 1]
    before = line[: piece.place.column - 1]
    if piece.script.door != "fence" or before.strip():
        return ()
    return (Edit(piece.place.line, piece.place.line - 1, f"{before}SET lock_timeout = '5s';"),)


def _strong(new: NewTables, piece: Piece) -> str | None:
    """The words of a statement that locks out readers or writers; None for another, or where the table is new."""
    node, kind = piece.node, piece.kind
    names = set(_names(node, kind))
    if names and all(new.has(name, piece) for name in names):
        return None
    if kind == "AlterTableStmt":
        strong = [cmd for one in node.cmds if not _is_weak(cmd := unwrap_node(one))]
        return "ALTER TABLE" if strong and node.objtype in _TABLES else None
    if kind == "RenameStmt":
        return "ALTER TABLE … RENAME" if node.rename_type in _TABLES else None
    if kind == "DropStmt":
        return None if node.concurrent else _DROPS.get(node.remove_type)
    if kind == "VacuumStmt":
        full = any(unwrap_node(one).defname == "full" for one in node.options)
        return "VACUUM FULL" if full and node.is_vacuumcmd else None
    if kind == "LockStmt":
        return "LOCK TABLE" if node.mode >= _ACCESS_EXCLUSIVE and not node.nowait else None
    if kind == "RefreshMatViewStmt":
        return None if node.concurrent else "REFRESH MATERIALIZED VIEW"
    said = {
        "TruncateStmt": "TRUNCATE",
        "ClusterStmt": "CLUSTER",
        "CreateTrigStmt": "CREATE TRIGGER",
        "CreatePolicyStmt": "CREATE POLICY",
        "AlterPolicyStmt": "ALTER POLICY",
    }
    return said.get(kind)


def _is_weak(cmd: Any) -> bool:
    if cmd.subtype == AlterTableType.AT_DetachPartition:
        return bool(getattr(unwrap_node(getattr(cmd, "def")), "concurrent", False))
    return cmd.subtype in _WEAK


def _names(node: Any, kind: str) -> Iterator[str]:
    if kind == "TruncateStmt":
        yield from (unwrap_node(one).relname for one in node.relations)
    elif kind == "DropStmt":
        for one in node.objects:
            listed = unwrap_node(one)
            if type(listed).__name__ == "List" and listed.items:
                yield unwrap_node(listed.items[-1]).sval
    elif kind == "VacuumStmt":
        yield from (unwrap_node(one).relation.relname for one in node.rels)
    elif hasattr(node, "relation") and hasattr(node.relation, "relname"):
        yield node.relation.relname


rule = Rule(
    id="change-without-lock-timeout",
    area="sql",
    severity="warning",
    summary="A change of a table that may wait for its lock for ever",
    why="ALTER TABLE and its like need the table for themselves. While they wait behind one long query, every later query waits "
    "behind them: a change of a millisecond stops the application. With `lock_timeout` it gives up, and can be tried again.",
    bad="# Orders\n\n1. **Drop the old column:**\n   ```sql\n   ALTER TABLE orders DROP COLUMN legacy_id;\n   ```\n",
    good="# Orders\n\n1. **Drop the old column:**\n   ```sql\n   SET lock_timeout = '5s';\n   ALTER TABLE orders DROP COLUMN legacy_id;\n   ```\n",
    look=look,
)
