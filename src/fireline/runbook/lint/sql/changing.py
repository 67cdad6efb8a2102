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


class NewTables:
    """The tables that a procedure makes itself: behind the statement that makes one, nobody else uses it yet."""

    def __init__(self, scripts: tuple[Script, ...]) -> None:
        self._order = {id(script): number for number, script in enumerate(scripts)}
        self._made: dict[object, dict[str, tuple[int, int]]] = {}  # by procedure: where each is made first
        for number, script in enumerate(scripts):
            made = self._made.setdefault(_around(script), {})
            for piece in script.pieces:
                if (name := _makes(piece)) is not None:
                    made.setdefault(name, (number, piece.number))

    def has(self, name: str, piece: Piece) -> bool:
        """Whether this table is new at this statement."""
        at = self._made[_around(piece.script)].get(name)
        return at is not None and at < (self._order[id(piece.script)], piece.number)


def _around(script: Script) -> object:
    """What its tables are new in: its procedure, or itself where it is of none."""
    return script.procedure if script.procedure is not None else id(script)


def _makes(piece: Piece) -> str | None:
    if piece.kind == "CreateStmt":
        return str(piece.node.relation.relname)
    if piece.kind == "CreateTableAsStmt":
        return str(piece.node.into.rel.relname)
    into = piece.kind == "SelectStmt" and piece.node.HasField("into_clause")
    return str(piece.node.into_clause.rel.relname) if into else None


def in_transaction(piece: Piece) -> bool:
    """Whether it stands between BEGIN and COMMIT, or beside others in one -c, which is one transaction."""
    if piece.script.door == "option" and len(piece.script.pieces) > 1:
        return True
    inside = False
    for one in piece.script.pieces[: piece.number]:
        if one.kind == "TransactionStmt":
            inside = (inside or one.node.kind in _BEGINS) and one.node.kind not in _ENDS
    return inside


def beside(scripts: tuple[Script, ...]) -> dict[str, list[Script]]:
    """The texts of each step, by its key."""
    found: dict[str, list[Script]] = {}
    for script in scripts:
        if script.key is not None:
            found.setdefault(script.key, []).append(script)
    return found


def waits_are_limited(steps: dict[str, list[Script]], piece: Piece) -> bool:
    """Whether a lock_timeout was set before: in its own session, or in a fence of the same step. steps: see `beside`."""
    if "lock_timeout" in (piece.script.action.command if piece.script.found is not None else ""):
        return True  # also as PGOPTIONS, or by another -c of the same psql
    limited = False
    for script in steps[piece.key] if piece.key is not None else [piece.script]:
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
