"""The shape of a statement as plain frozen data: tables, predicates, subqueries."""

from __future__ import annotations

from dataclasses import dataclass

CONTAINING = frozenset({"@>", "<@", "&&", "@@", "?", "?|", "?&"})
PATTERNS = frozenset({"like", "ilike", "~", "~*", "^@"})
_SERVABLE = frozenset({"=", "in", "<", "<=", ">", ">=", "between", "is null"}) | CONTAINING | PATTERNS


@dataclass(frozen=True)
class Named:
    """A table in a statement."""

    schema: str | None
    name: str
    alias: str


@dataclass(frozen=True)
class Wrap:
    """What a predicate makes of its column before it compares.

    kind: a function's name, `::type` of a cast, an operator, `coalesce`, `collate`. text: the whole expression, its
    column without a table; arguments that are constants appear in it as the statement has them.
    """

    kind: str
    text: str
    is_cast: bool = False
    is_call: bool = False


@dataclass(frozen=True)
class Predicate:
    """One condition on one column. Of a comparison of two columns there are two, each seen from its side.

    operator: =, <, in, between, like, ilike, ~, is null, true …; what does not compare is not here.
    against: `value` (a constant or parameter), `column` (of the same query), `outer` (of a query around), `query`, `expression`.
    alternative: it stands under OR or NOT, so that it does not narrow by itself.
    """

    tables: tuple[Named, ...]
    column: str
    operator: str
    against: str
    wraps: tuple[Wrap, ...] = ()  # from the column outwards
    level: int = 0  # 0: the statement itself; deeper: which of its subqueries
    alternative: bool = False
    value: str | None = None  # when it is written out
    value_type: str | None = None  # that the other side is cast to
    other: tuple[tuple[Named, ...], str] | None = None  # the column on the other side
    parameters: tuple[int, ...] = ()  # the numbers of the $n on the other side

    @property
    def narrows(self) -> bool:
        """Whether an index on the column could serve it."""
        return not self.alternative and self.operator in _SERVABLE

    @property
    def equal(self) -> bool:
        """Whether it asks for single values."""
        return self.operator in ("=", "in", "is null")


@dataclass(frozen=True)
class Subquery:
    """A subquery that is carried out for each row of the query around it, as it refers to that row."""

    place: str  # output, filter, exists
    tables: tuple[Named, ...]
    predicates: tuple[Predicate, ...]  # that tie it to the query around
    level: int = 1


@dataclass(frozen=True)
class Shape:
    """A statement as the grammar reads it. kind: select, insert, update, delete, merge, other."""

    kind: str
    tables: tuple[Named, ...] = ()
    target: Named | None = None  # the table it changes
    predicates: tuple[Predicate, ...] = ()
    correlated: tuple[Subquery, ...] = ()
    sets: tuple[str, ...] = ()  # columns it sets
    aggregates: bool = False  # it gives one row for many it read
    grouped: bool = False
    limited: bool = False
    sorts: tuple[tuple[tuple[Named, ...], str, bool], ...] = ()  # the columns it sorts by: tables, column, descending
    locks_rows: bool = False


OTHER = Shape("other")
