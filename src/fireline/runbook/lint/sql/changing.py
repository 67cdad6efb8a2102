"""What went before a changing statement in its session: tables that are new, a transaction, a lock timeout."""

from __future__ import annotations

from collections.abc import Iterator

from postgast.pg_query_pb2 import TransactionStmtKind
from postgast.walk import unwrap_node

from fireline.runbook.lint.sql.statements import Piece, Script

_BEGINS = {TransactionStmtKind.TRANS_STMT_BEGIN, TransactionStmtKind.TRANS_STMT_START}
_ENDS = {
    TransactionStmtKind.TRANS_STMT_COMMIT,
    TransactionStmtKind.TRANS_STMT_ROLLBACK,
    TransactionStmtKind.TRANS_STMT_PREPARE,
}


def changing(scripts: tuple[Script, ...]) -> Iterator[Piece]:
    """Every statement that is parsed and known whole, and is really run (not one that is only explained)."""
    for script in scripts:
        if script.open:
            continue
        for piece in script.pieces:
            if piece.node is not None and not (piece.kind == "ExplainStmt" and not _analyzes(piece)):
                yield piece


def _analyzes(piece: Piece) -> bool:
    return any(unwrap_node(one).defname == "analyze" for one in piece.node.options)


def new_tables(scripts: tuple[Script, ...], piece: Piece) -> set[str]:
    """The tables that the same procedure makes before this statement: nobody else uses them yet."""
    made: set[str] = set()
    for script in scripts:
        if script is piece.script:
            return made | _made(script.pieces[: piece.number])
        if script.procedure is not None and script.procedure == piece.script.procedure:
            made |= _made(script.pieces)
    return made


def _made(pieces: tuple[Piece, ...]) -> set[str]:
    made: set[str] = set()
    for one in pieces:
        if one.kind == "CreateStmt":
            made.add(one.node.relation.relname)
        elif one.kind == "CreateTableAsStmt":
            made.add(one.node.into.rel.relname)
        elif one.kind == "SelectStmt" and one.node.HasField("into_clause"):
            made.add(one.node.into_clause.rel.relname)
    return made


def in_transaction(piece: Piece) -> bool:
    """Whether it stands between BEGIN and COMMIT, or beside others in one -c, which is one transaction."""
    if piece.script.door == "option" and len(piece.script.pieces) > 1:
        return True
    inside = False
    for one in piece.script.pieces[: piece.number]:
        if one.kind == "TransactionStmt":
            inside = (inside or one.node.kind in _BEGINS) and one.node.kind not in _ENDS
    return inside


def waits_are_limited(scripts: tuple[Script, ...], piece: Piece) -> bool:
    """Whether a lock_timeout was set before: in its own session, or in a fence of the same step."""
    if "lock_timeout" in (piece.script.action.command if piece.script.found is not None else ""):
        return True  # also as PGOPTIONS, or by another -c of the same psql
    limited = False
    for script in scripts:
        if script is not piece.script and (script.key is None or script.key != piece.key):
            continue
        for one in script.pieces:
            if one is piece:
                return limited
            limited = _limits(one, limited) if _same_session(script, piece.script) else limited
    return limited


def _same_session(one: Script, other: Script) -> bool:
    return one is other or (one.found is None and other.found is None)


def _limits(piece: Piece, now: bool) -> bool:
    for _, node in piece.nodes:
        kind = type(node).__name__
        if kind == "VariableSetStmt" and node.name.casefold() == "lock_timeout":
            return bool(node.args)
        if kind == "FuncCall" and unwrap_node(node.funcname[-1]).sval == "set_config" and "lock_timeout" in piece.text:
            return True
    return now
