"""Which table a slow statement reads through, by which condition, and which index could have spared it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.checks.tables import Column, Table, Tables
from fireline.assess.predicates import CONTAINING, PATTERNS, Named, Predicate, Wrap
from fireline.assess.slow import Slow, felt, wasteful
from fireline.assess.snapshot import Snapshot

_PART = 0.3  # of the table's pages: a statement that looks at so many has read through it, perhaps until its LIMIT
_PAGES, _PAGES_UNASKED = 30, 100
_ROWS_A_PAGE = 20  # where nobody has counted
_MANY_ROWS = 0.1  # of the table: an index does not spare reading it for so many
_CHANGED = 0.5  # of its rows, since it was analysed
_PLAIN_CASTS = {"text": ("character varying", "text", "character"), "varchar": ("text", "character varying")}
_WIDER = {"numeric": ("smallint", "integer", "bigint"), "float8": ("smallint", "integer", "bigint", "real")}
_FEW_VALUES, _FEW = ("boolean",), 10
_PATTERN_CLASSES = ("text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops")


@dataclass(frozen=True)
class Condition:
    """A condition on a column of a table, and what indexes there are for it.

    index: that the planner may use for it. plain: valid ones that begin with the column, and can not serve it.
    broken: those that could, were they valid.
    """

    predicate: Predicate
    column: Column
    wrap: Wrap | None = None  # what hides the column from an index on it
    index: Index | None = None
    plain: tuple[Index, ...] = ()
    broken: tuple[Index, ...] = ()
    fraction: float | None = None  # of the table's rows that fulfil it, as far as is known
    few_values: bool = False  # the column had only a few when it was analysed, however long ago

    @property
    def pattern(self) -> bool:
        """Whether it compares with a pattern, which an ordinary index does not serve."""
        return self.predicate.operator in PATTERNS


@dataclass(frozen=True)
class Scan:
    """One table that one slow statement reads through; its conditions, the most telling first."""

    slow: Slow
    table: Table
    pages: int
    rows: float
    conditions: tuple[Condition, ...]

    @property
    def served(self) -> Condition | None:
        """The condition that an index serves well enough, if there is one."""
        return next((one for one in self.conditions if one.index and not _unselective(one)), None)

    @property
    def chief(self) -> Condition:
        """The condition that an index should be on."""
        return self.conditions[0]


def scans(snapshot: Snapshot) -> tuple[Scan, ...]:
    """Every scan of a large table by a slow statement that has a condition on it."""
    tables, indexes = snapshot.last("tables", Tables), snapshot.last("indexes", Indexes)
    if tables is None or indexes is None:
        return ()
    return tuple(scan for slow in wasteful(snapshot) for scan in of(snapshot, slow, tables, indexes))


def of(snapshot: Snapshot, slow: Slow, tables: Tables, indexes: Indexes) -> tuple[Scan, ...]:
    """The scans of one statement; none on tables that are small beside what it reads."""
    least = _PAGES if felt(snapshot) else _PAGES_UNASKED
    found = []
    placed = [(place, one) for one in slow.shape.predicates if one.narrows and (place := placed_at(one, tables))]
    key = lambda pair: (pair[1].level, pair[0][0].oid)  # noqa: E731
    for _, group in groupby(sorted(placed, key=key), key):
        members = list(group)
        table = members[0][0][0]
        pages = tables.pages(table) or _never_counted(table, slow)
        if pages < least or (slow.blocks is not None and slow.blocks < _PART * pages):
            continue
        conditions = [_condition(slow, tables, table, column, one, indexes) for (_, column), one in members]
        if all(one.predicate.against in ("column", "expression") for one in conditions) and not _narrowed(slow, pages):
            continue
        conditions.sort(key=_worth)
        found.append(Scan(slow, table, pages, tables.rows(table), tuple(conditions)))
    return tuple(sorted(found, key=lambda one: -one.pages))


def _never_counted(table: Table, slow: Slow) -> int:
    """Of a table that nobody has counted yet, what a statement read of it tells."""
    return round(slow.blocks or 0) if table.kind != "p" and table.tuples <= 0 else 0


def _narrowed(slow: Slow, pages: int) -> bool:
    """Whether a join's condition alone tells: reading the table more than once, or a statement that narrows elsewhere."""
    again = slow.blocks is not None and slow.blocks > 3 * pages
    return again or any(one.narrows and one.against == "value" for one in slow.shape.predicates)


def placed_at(predicate: Predicate, tables: Tables) -> tuple[Table, Column] | None:
    """The table and column that a predicate means."""
    return column_of(predicate.tables, predicate.column, tables)


def column_of(names: tuple[Named, ...], column: str, tables: Tables) -> tuple[Table, Column] | None:
    """The table among these that has a column of this name."""
    for named in names:
        table = tables.named(named.name, named.schema)
        found = table.column(column) if table else None
        if table and found:
            return table, found
    return None


def _condition(slow: Slow, tables: Tables, table: Table, column: Column, one: Predicate, indexes: Indexes) -> Condition:
    wrap = hiding(one, column)
    known = [index for part in (table, *tables.parts(table)[:1]) for index in indexes.of(part.oid)]
    leading = [
        index
        for index in known
        if index.keys[:1] == (column.number,) and index.kind == ("I" if table.kind == "p" else "i")
    ]
    usable = [index for index in leading if index.usable and not index.partial]
    fitting = [index for index in usable if not wrap and _serves(index, one)]
    fitting += [index for index in known if wrap and index.usable and _computes(index, column, one)]
    broken = [
        index for index in leading if not index.usable and not index.building and not wrap and _serves(index, one)
    ]
    return Condition(
        one,
        column,
        wrap,
        fitting[0] if fitting else None,
        tuple(usable),
        tuple(broken),
        _fraction(slow, tables, table, column, one),
        column.spread is not None and 0 < column.spread.distinct <= _FEW,
    )


def hiding(one: Predicate, column: Column) -> Wrap | None:
    """What the condition makes of the column, when an index on the column itself is no help for that."""
    for wrap in one.wraps:
        if wrap.is_cast and column.type.partition("(")[0] in (
            *_PLAIN_CASTS.get(wrap.kind[2:], ()),
            _spelled(wrap.kind[2:]),
        ):
            continue
        return wrap
    if one.value_type and column.type in _WIDER.get(one.value_type, ()):
        return Wrap(f"::{one.value_type}", f"{column.name}::{one.value_type}", is_cast=True)
    return None


def _spelled(name: str) -> str:
    return {"int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean", "timestamptz": "timestamp with time zone"}.get(name, name)  # fmt: skip


def _serves(index: Index, one: Predicate) -> bool:
    """Whether the kind of index is for this kind of comparison."""
    if one.operator in CONTAINING:
        return index.method != "btree"
    if one.operator in PATTERNS:
        trigrams = any("trgm" in name for name in index.classes[:1])
        letters = bool(one.value) and not str(one.value).startswith(
            ("%", "_")
        )  # a parameter tells nothing, and was slow
        sorted_so = (index.classes[:1] and index.classes[0] in _PATTERN_CLASSES) or index.collations[:1] in (
            ("C",),
            ("POSIX",),
        )
        return trigrams or bool(one.operator in ("like", "^@") and letters and sorted_so)
    if index.method == "hash":
        return one.operator in ("=", "in")
    return index.method not in ("gin",)


def _computes(index: Index, column: Column, one: Predicate) -> bool:
    """Whether it is an index on such an expression of the column."""
    calls = {wrap.kind for wrap in one.wraps if wrap.is_call}
    return index.keys[:1] == (0,) and column.number in index.expression_columns and calls <= index.expression_calls


def _fraction(slow: Slow, tables: Tables, table: Table, column: Column, one: Predicate) -> float | None:
    """How much of the table fulfils it: by the rows that came back, else by what ANALYZE knows of the column."""
    rows = tables.rows(table) or _ROWS_A_PAGE * max(slow.blocks or 1, 1)
    plain = not (slow.shape.aggregates or slow.shape.grouped or slow.shape.limited)
    if slow.rows is not None and plain and len(slow.shape.tables) == 1:
        return min(slow.rows / rows, 1.0)
    if column.type in _FEW_VALUES:
        return 0.5
    spread = column.spread
    old = table.changed > _CHANGED * rows  # what ANALYZE knew then tells nothing now
    if spread is None and plain and slow.rows is not None and one.against in ("column", "expression"):
        return min(slow.rows / rows, 1.0)
    if spread is None or old or one.wraps or not one.equal or not spread.distinct:
        return None
    if one.operator == "is null":
        return spread.nulls
    return 1 / spread.distinct if spread.distinct > 0 else 1 / max(-spread.distinct * rows, 1.0)


def _unselective(one: Condition) -> bool:
    return one.fraction is not None and one.fraction > _MANY_ROWS


def _worth(one: Condition) -> tuple[bool, bool, bool, float]:
    """What an index should be on: what picks few rows, compared for equality, with a value."""
    return (_unselective(one), not one.predicate.equal, one.predicate.against != "value", one.fraction or 0.0)


def unselective(scan: Scan) -> bool:
    """Whether so many rows fulfil its conditions that an index would not help."""
    return all(_unselective(one) or (one.fraction is None and one.few_values) for one in scan.conditions)
