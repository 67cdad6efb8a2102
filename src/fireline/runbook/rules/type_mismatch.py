"""A column of PostgreSQL's own that is compared with something it can not be compared with: mean_exec_time > '100ms'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast.pg_query_pb2 import A_Expr_Kind
from postgast.walk import unwrap_node

from fireline.runbook.lint.catalog.kinds import Expression, kind_of, milliseconds, refused
from fireline.runbook.lint.catalog.scopes import Use, uses
from fireline.runbook.lint.mending.wording import replaced
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.sql.statements import Piece
from fireline.runbook.lint.subject import Subject

_COMPARES = {"=", "<>", "!=", "<", ">", "<=", ">="}
_LISTS = {A_Expr_Kind.AEXPR_IN, A_Expr_Kind.AEXPR_BETWEEN, A_Expr_Kind.AEXPR_NOT_BETWEEN}
_SAID = {
    "number": "a number",
    "integer": "a whole number",
    "moment": "a time",
    "span": "an interval",
    "truth": "true or false",
}


def look(subject: Subject) -> Iterator[Fault]:
    """Every comparison of a known expression with a constant."""
    for script in subject.scripts:
        for piece in script.pieces:
            if piece.node is not None:
                yield from _statement(subject, piece)


def _statement(subject: Subject, piece: Piece) -> Iterator[Fault]:
    read: dict[int, Use] | None = None
    major = subject.world.target.major if subject.world.target is not None else None
    for _, node in piece.nodes:
        if type(node).__name__ != "A_Expr" or not _is_comparison(node):
            continue
        read = uses(piece.node) if read is None else read
        left, right = kind_of(node.lexpr, read, major), kind_of(node.rexpr, read, major)
        if left is not None:
            right_side = unwrap_node(node.rexpr)
            for one in right_side.items if type(right_side).__name__ == "List" else [right_side]:
                yield from _held(subject, piece, left, unwrap_node(one))
        elif right is not None:
            yield from _held(subject, piece, right, unwrap_node(node.lexpr))


def _is_comparison(node: Any) -> bool:
    named = {unwrap_node(one).sval for one in node.name}
    return node.kind in _LISTS or (node.kind == A_Expr_Kind.AEXPR_OP and named <= _COMPARES)


def _held(subject: Subject, piece: Piece, expression: Expression, other: Any) -> Iterator[Fault]:
    """What is wrong with the constant on the other side."""
    if type(other).__name__ != "A_Const" or other.isnull or _is_variable(piece, other.location):
        return
    if other.HasField("sval"):
        if refused(expression, other.sval.sval):
            yield _fault(subject, piece, expression, other, f"'{other.sval.sval}'")
    elif expression.kind in ("moment", "span", "truth", "text") and not other.HasField("boolval"):
        yield _fault(subject, piece, expression, other, "a number")


def _is_variable(piece: Piece, location: int) -> bool:
    """Whether the constant only stands for a value that is filled in at run time."""
    at = piece.tree.where(location) - piece.tree.origin
    return any(one.start <= at < one.end for one in piece.tree.variables)


def _fault(subject: Subject, piece: Piece, expression: Expression, other: Any, shown: str) -> Fault:
    place = piece.at(other.location)
    kind = _SAID.get(expression.kind, "a text")
    unit = " of milliseconds" if expression.milliseconds else ""
    number = milliseconds(other.sval.sval) if expression.milliseconds and other.HasField("sval") else None
    edits: tuple[Edit, ...] = ()
    if number is not None:
        edits = replaced(subject.lines, place, f"'{other.sval.sval}'", number)
    return Fault(
        place.line,
        f"{expression.shown} is {kind}{unit}, and is compared with {shown}",
        column=place.column,
        step=piece.key,
        evidence=f"{expression.shown} is {expression.type}",
        suggestion=f"Write `{number}`." if number else _suggestion(expression, other),
        edits=edits,
    )


def _suggestion(expression: Expression, other: Any) -> str:
    if expression.kind == "span":
        return "Write an interval, such as `interval '5 minutes'`."
    if expression.kind == "moment":
        return "Compare it with a time, such as `now() - interval '5 minutes'`."
    if expression.kind == "text":
        return "Put the value in quotes."
    return "Write `true` or `false`." if expression.kind == "truth" else "Write a number without a unit."


rule = Rule(
    id="type-mismatch",
    area="sql",
    severity="error",
    summary="A comparison that PostgreSQL refuses",
    why="The types of PostgreSQL's own views are known without a database: `mean_exec_time` is a number of milliseconds, and "
    "`'100ms'` is none, so the statement fails as soon as it is run.",
    bad="# Slow\n\n1. **Look for slow queries:**\n   ```sql\n   SELECT query FROM pg_stat_statements WHERE mean_exec_time > '100ms' LIMIT 10;\n   ```\n",
    good="# Slow\n\n1. **Look for slow queries:**\n   ```sql\n   SELECT query FROM pg_stat_statements WHERE mean_exec_time > 100 LIMIT 10;\n   ```\n",
    look=look,
)
