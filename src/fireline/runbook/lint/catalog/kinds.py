"""Of which kind an expression over PostgreSQL's own views is, and whether a constant can be held against it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from postgast.walk import unwrap_node

from fireline.runbook.lint.catalog.renamed import COLUMNS
from fireline.runbook.lint.catalog.scopes import Use
from fireline.runbook.lint.catalog.versions import type_of

Kind = Literal["number", "integer", "moment", "span", "truth", "text"]
_OF_TYPE: dict[str, Kind] = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "double precision": "number",
    "real": "number",
    "numeric": "number",
    "timestamp with time zone": "moment",
    "timestamp without time zone": "moment",
    "interval": "span",
    "boolean": "truth",
    "text": "text",
    "name": "text",
}
_OF_FUNCTION: dict[str, Kind] = {
    "now": "moment",
    "clock_timestamp": "moment",
    "statement_timestamp": "moment",
    "transaction_timestamp": "moment",
    "pg_postmaster_start_time": "moment",
    "pg_last_xact_replay_timestamp": "moment",
    "count": "integer",
    "pg_database_size": "integer",
    "pg_total_relation_size": "integer",
    "pg_relation_size": "integer",
    "pg_table_size": "integer",
    "pg_indexes_size": "integer",
    "pg_wal_lsn_diff": "number",
    "extract": "number",
    "date_part": "number",
    "pg_size_pretty": "text",
}
_SAME = {"max", "min", "coalesce", "abs"}
_NUMBER = re.compile(
    r"\s*[+-]?(?:(?:\d+_?)+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*|\s*[+-]?(?:nan|inf(?:inity)?)\s*", re.IGNORECASE
)
_WHOLE = re.compile(r"\s*[+-]?(?:[\d_]+|0[xob][0-9a-f_]+)\s*", re.IGNORECASE)
_TRUTH = re.compile(r"\s*(?:t|tr|tru|true|y|ye|yes|on|1|f|fa|fal|fals|false|n|no|of|off|0)\s*", re.IGNORECASE)
_LENGTH = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|weeks?|months?|years?)\s*",
    re.IGNORECASE,
)
_MS = {"ms": 1, "mi": 60_000, "m": 60_000, "s": 1000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True)
class Expression:
    """What is known of it. type: as the server names it, where it is a column."""

    kind: Kind
    shown: str
    type: str
    milliseconds: bool = False


def kind_of(node: Any, read: dict[int, Use], major: int | None) -> Expression | None:
    """The kind of an expression; None when it is not known for sure."""
    inner = unwrap_node(node)
    name = type(inner).__name__
    if name == "ColumnRef" and inner.location in read:
        return _column(read[inner.location], major)
    if name == "FuncCall" and inner.funcname:
        called = unwrap_node(inner.funcname[-1]).sval
        if called in _SAME and inner.args:
            return kind_of(inner.args[0], read, major)
        kind = _OF_FUNCTION.get(called)
        return Expression(kind, f"{called}()", kind) if kind else None
    if name == "SQLValueFunction":
        return Expression("moment", "CURRENT_TIMESTAMP", "moment") if "CURRENT_TIMESTAMP" in str(inner) else None
    if name == "A_Expr" and [unwrap_node(one).sval for one in inner.name] == ["-"]:
        left, right = kind_of(inner.lexpr, read, major), kind_of(inner.rexpr, read, major)
        if left and right and left.kind == right.kind == "moment":
            return Expression("span", f"{left.shown} - {right.shown}", "interval")
    return None


def _column(use: Use, major: int | None) -> Expression | None:
    column, called = use.column, use.column
    if type_of(use.relation, column, major) is None:
        new = next((one.new for one in COLUMNS if one.old == f"{use.relation}.{column}" and one.new), None)
        called = new or column
    typed = type_of(use.relation, called, major)
    kind = _OF_TYPE.get(typed or "")
    if kind is None or typed is None:
        return None
    timed = column.endswith("_time") and typed == "double precision"  # all of them are in milliseconds
    return Expression(kind, f"`{column}`", typed, timed)


def refused(expression: Expression, text: str) -> bool:
    """Whether a text in quotes can not be read as its kind: for sure."""
    if expression.kind == "number":
        return _NUMBER.fullmatch(text) is None
    if expression.kind == "integer":
        return _WHOLE.fullmatch(text) is None
    if expression.kind == "truth":
        return _TRUTH.fullmatch(text) is None
    return expression.kind == "moment" and _LENGTH.fullmatch(text) is not None


def milliseconds(text: str) -> str | None:
    """'100ms' and '2 min' as a number of milliseconds; None for another text."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    unit = found[2].lower()
    factor = _MS.get(unit, None if unit[:2] in ("we", "mo", "y") else _MS.get(unit[:2], _MS.get(unit[:1])))
    if unit.startswith(("ms", "milli")):
        factor = 1
    if factor is None or unit.startswith(("mo", "w", "y")):
        return None
    return f"{float(found[1]) * factor:.15g}"
