"""What a rule that needs no database says of a statement too, and says more of: then this one is silent."""

from __future__ import annotations

from typing import Any

from postgast import unwrap_node

from fireline.runbook.lint.catalog.kinds import Expression, kind_of, refused
from fireline.runbook.lint.catalog.renamed import COLUMNS, FUNCTIONS, RELATIONS, SETTINGS
from fireline.runbook.lint.catalog.scopes import uses
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.world import Problem


def said_elsewhere(problem: Problem, piece: Piece, major: int) -> bool:
    """Whether renamed-column or type-mismatch, which need no database, say the same of the same place, and say more."""
    last = (problem.name or "").rpartition(".")[2]
    if problem.kind == "mismatch":
        return _mismatch_known(piece, major)
    if problem.kind == "column":
        named = {node.relname for _, node in piece.nodes if type(node).__name__ == "RangeVar"}
        changes = [one for one in COLUMNS if one.old.partition(".")[0] in named]
        return last in {one.old.partition(".")[2] for one in changes} | {one.new for one in changes}
    known = {"function": FUNCTIONS, "table": RELATIONS, "other": SETTINGS}.get(problem.kind, ())
    return any(one.old == last and major >= one.since for one in known)


def _mismatch_known(piece: Piece, major: int) -> bool:
    """Whether one of its comparisons is of PostgreSQL's own columns with a constant of another kind."""
    read = uses(piece.node)
    for _, node in piece.nodes:
        if type(node).__name__ != "A_Expr" or not node.HasField("lexpr") or not node.HasField("rexpr"):
            continue
        for side, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            known, constant = kind_of(side, read, major), unwrap_node(other)
            constants = constant.items if type(constant).__name__ == "List" else [constant]
            if known is not None and any(_unfit(known, unwrap_node(one)) for one in constants):
                return True
    return False


def _unfit(known: Expression, constant: Any) -> bool:
    if type(constant).__name__ != "A_Const" or constant.isnull:
        return False
    if constant.HasField("sval"):
        return refused(known, constant.sval.sval)
    return known.kind in ("moment", "span", "truth", "text")
