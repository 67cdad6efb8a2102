"""The names that a query can use, and what one side of a comparison is made of. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import postgast

from fireline.assess.grammar import bare_text, children, holds_column, last_word, nodes_of, unwrapped
from fireline.assess.shapes import Named, Predicate, Wrap


@dataclass
class Scope:
    """The names one query can use. A name of a subquery or WITH stands for no table."""

    outer: Scope | None = None
    level: int = 0
    tables: dict[str, Named | None] = field(default_factory=dict)
    ctes: set[str] = field(default_factory=set)
    ties: list[Predicate] = field(default_factory=list)  # predicates that refer to a query around

    def known(self, word: str) -> bool:
        """Whether WITH gives this name, here or around."""
        return word in self.ctes or bool(self.outer and self.outer.known(word))

    def find(self, alias: str) -> tuple[Named | None, Scope] | None:
        """What a name stands for, and where that is said."""
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.tables:
                return scope.tables[alias], scope
            scope = scope.outer
        return None

    def own(self) -> tuple[Named, ...]:
        """The tables of this query itself."""
        return tuple(one for one in self.tables.values() if one)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: the column in it, if there is exactly one, and what is made of it."""

    node: Any
    tables: tuple[Named, ...] = ()
    column: str = ""
    wraps: tuple[Wrap, ...] = ()
    outer: bool = False
    plain: bool = True  # no subquery in it
    columns: int = 0


def side_of(node: Any, scope: Scope) -> Side:
    """What one side of a comparison is made of."""
    inner = postgast.unwrap_node(node)
    references = [one for one in nodes_of(inner) if type(one).__name__ == "ColumnRef"]
    plain = not any(type(one).__name__ == "SubLink" for one in nodes_of(inner))
    if not references or not plain:
        return Side(inner, plain=plain, columns=len(references))
    found = {resolve(one, scope) for one in references}
    if len(found) != 1:
        outer = any(one and one[2] for one in found)
        return Side(inner, outer=outer, columns=len(found))
    tables, column, outer = found.pop()
    if not column or not tables:
        return Side(inner, outer=outer, columns=1)
    return Side(inner, tables, column, tuple(_wraps(inner)), outer, plain, 1)


def resolve(node: Any, scope: Scope) -> tuple[tuple[Named, ...], str, bool]:
    """The tables a column may be of, its name, and whether it is of a query around."""
    parts = unwrapped(node.fields)
    words = [part.sval for part in parts if type(part).__name__ == "String"]
    if len(words) != len(parts) or not words:
        return (), "", False
    if len(words) == 1:
        return scope.own(), words[0], False
    found = scope.find(words[-2])
    if found is None:
        return (), words[-1], False
    named, where = found
    return ((named,) if named else ()), words[-1], where is not scope


def against(other: Side) -> str:
    """What a side is compared with, in the words of `Predicate`."""
    if not other.plain:
        return "query"
    if other.outer:
        return "outer"
    if other.column:
        return "column"
    return "expression" if other.columns else "value"


def _wraps(node: Any) -> Iterator[Wrap]:
    """From the column outwards."""
    kind = type(node).__name__
    if kind == "ColumnRef":
        return
    inside = next((one for one in children(node) if holds_column(one)), None)
    if inside is not None:
        yield from _wraps(inside)
    text = bare_text(node)
    if kind == "TypeCast":
        yield Wrap(f"::{last_word(node.type_name.names)}", text, is_cast=True)
    elif kind == "FuncCall":
        yield Wrap(last_word(node.funcname), text, is_call=True)
    elif kind == "CoalesceExpr":
        yield Wrap("coalesce", text)
    elif kind == "CollateClause":
        yield Wrap("collate", text)
    elif kind == "A_Expr":
        yield Wrap(last_word(node.name), text)
    elif kind not in ("List", "RowExpr"):
        yield Wrap(kind, text)
