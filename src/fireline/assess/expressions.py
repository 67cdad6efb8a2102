"""Expressions of a column that hide it from its index: whether they can be indexed, and how else to write them. Pure."""

from __future__ import annotations

import re

from fireline.assess.predicates import fingerprint, shape
from fireline.assess.quoting import literal
from fireline.assess.reasons import Reason
from fireline.assess.scans import Condition
from fireline.assess.snapshot import Snapshot

# Immutable whatever they are given; with the types of column for which they are so, where that differs.
_IMMUTABLE = frozenset(
    [
        "lower", "upper", "trim", "btrim", "ltrim", "rtrim", "substr", "substring", "left", "right", "length", "char_length",
        "md5", "abs", "round", "floor", "ceil", "ceiling", "trunc", "replace", "reverse", "split_part", "coalesce", "initcap",
        "jsonb_extract_path_text", "json_extract_path_text", "array_length", "cardinality", "mod", "sign", "nullif",
    ]
)  # fmt: skip
_OF_TIME = frozenset(["date_trunc", "date_part", "extract", "date"])
_OPERATORS = frozenset(["+", "-", "*", "/", "%", "||", "->>", "->", "#>>", "#>", "&", "|"])
_CASTS = {
    "integer": ("text", "varchar", "bpchar", "numeric", "int8", "float8"), "bigint": ("text", "varchar", "numeric", "int4", "float8"),
    "smallint": ("text", "varchar", "numeric", "int4", "int8"), "uuid": ("text", "varchar"), "numeric": ("text", "int4", "int8"),
    "text": ("int4", "int8", "numeric", "uuid"), "character varying": ("int4", "int8", "numeric", "uuid"),
    "timestamp without time zone": ("date",), "boolean": ("text", "int4"), "jsonb": ("text",),
}  # fmt: skip
_PARAMETER = re.compile(r"\$\d+")
_UNCERTAIN = ("timestamp with time zone", "time with time zone")


def indexable(condition: Condition) -> bool:
    """Whether an index on the whole expression can be made: everything in it is immutable."""
    kind = condition.column.type.partition("(")[0]
    for wrap in condition.predicate.wraps:
        if wrap.is_cast:
            if wrap.kind[2:] not in _CASTS.get(kind, ()):
                return False
            kind = wrap.kind[2:]
        elif wrap.kind in _OF_TIME:
            if kind in _UNCERTAIN:
                return False
        elif (wrap.kind in ("+", "-") and kind in _UNCERTAIN) or (
            wrap.kind not in _IMMUTABLE and wrap.kind not in _OPERATORS
        ):
            return False
    return bool(condition.predicate.wraps)


def with_constants(snapshot: Snapshot, reason: Reason) -> str | None:
    """The expression with its constants; from what a session ran, where the statement has parameters in their place."""
    wrap = reason.condition.wrap
    if wrap is None or not wrap.text:
        return None
    if not _PARAMETER.search(wrap.text):
        return wrap.text
    wanted = fingerprint(reason.scan.slow.text)
    sessions = snapshot.locks[-1].sessions.values() if snapshot.locks else ()
    for text in [one.query for one in sessions if one.query and fingerprint(one.query) == wanted]:
        for one in shape(text).predicates:
            found = one.wraps[-1].text if one.wraps else ""
            if one.column == reason.condition.predicate.column and found and not _PARAMETER.search(found):
                return found
    return None


def rewritten(condition: Condition) -> str:
    """How the condition could be written with the column alone; empty when that is not known."""
    name, wrap = condition.column.name, condition.wrap
    if wrap is None:
        return ""
    if wrap.kind in ("::date", "date", "date_trunc", "extract", "date_part", "to_char"):
        return f"ask for a range, {name} >= the first moment and {name} < the first moment after it"
    if wrap.kind in ("+", "-", "*", "/"):
        return f"move the arithmetic to the other side, so that {name} stands alone"
    if wrap.kind == "coalesce":
        return f"ask for {name} = the value, with OR {name} IS NULL where that is meant"
    if wrap.is_cast:
        return f"cast the value to {condition.column.type} instead of the column"
    if wrap.kind in ("substr", "substring", "left"):
        return f"ask for {name} LIKE {literal('beginning%')}"
    return ""
