"""What a statement asks of which table: its predicates, how each treats its column, its subqueries. Pure, by the grammar.

Names are as the statement has them. Which table a column without one belongs to is for the catalog to say: `tables` of
a predicate are those it may be of. Nothing here knows a database.
"""

from __future__ import annotations

from functools import lru_cache

import postgast
from google.protobuf.message import DecodeError, Message

from fireline.assess.grammar import nodes_of
from fireline.assess.shapes import CONTAINING, OTHER, PATTERNS, Named, Predicate, Shape, Subquery, Wrap
from fireline.assess.walking import Walk

__all__ = ["CONTAINING", "OTHER", "PATTERNS", "Named", "Predicate", "Shape", "Subquery", "Wrap", "fingerprint", "shape"]

MOST_NODES = 5000  # a larger statement is not looked into


@lru_cache(maxsize=2000)
def shape(text: str) -> Shape:
    """The shape of a single statement; `other` when it is none we look into, or the grammar does not know it."""
    try:
        parsed = postgast.parse(text.replace("\0", " ")).stmts
    except (postgast.PgQueryError, DecodeError, RecursionError):
        return OTHER
    if len(parsed) != 1:
        return OTHER
    root = postgast.unwrap_node(parsed[0].stmt)
    kind = _STATEMENTS.get(type(root).__name__)
    if kind is None or _too_large(root):
        return OTHER
    walk = Walk()
    try:
        walk.statement(root)
    except RecursionError:
        return OTHER
    return walk.shape(kind, root)


_STATEMENTS = {
    "SelectStmt": "select",
    "InsertStmt": "insert",
    "UpdateStmt": "update",
    "DeleteStmt": "delete",
    "MergeStmt": "merge",
}


def _too_large(root: Message) -> bool:
    return any(number > MOST_NODES for number, _ in enumerate(nodes_of(root)))


@lru_cache(maxsize=2000)
def fingerprint(text: str) -> str | None:
    """The same for two statements that differ only in their constants."""
    try:
        return str(postgast.fingerprint(text).hex)
    except (postgast.PgQueryError, DecodeError, RecursionError):
        return None
