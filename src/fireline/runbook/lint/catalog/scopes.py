"""Which view of PostgreSQL's catalog a column of a statement belongs to, where its tree leaves no doubt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from postgast.walk import unwrap_node

from fireline.runbook.lint.catalog.renamed import COLUMNS
from fireline.runbook.lint.catalog.versions import relations

_MANY = 3  # schema.table.column
_EVER = {one.old for one in COLUMNS}


@dataclass
class _Scope:
    """The tables of one SELECT by alias; None for one that is not the catalog's. outputs: names the SELECT itself gives."""

    tables: dict[str, str | None] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()
    ctes: frozenset[str] = frozenset()
    parent: _Scope | None = None


@dataclass(frozen=True)
class Use:
    """A column that is read. location: of its node; last: of its own name in `table.column`, counted in its fields."""

    relation: str
    column: str
    location: int
    fields: tuple[str, ...]  # as written: s.mean_time


def uses(statement: Any) -> dict[int, Use]:
    """Every column of the catalog's views that a statement reads, by the location of its node."""
    return {one.location: one for one in _visit(statement, _Scope())}


def _visit(node: Any, scope: _Scope) -> Iterator[Use]:
    kind = type(node).__name__
    if kind == "ColumnRef":
        yield from _use(node, scope)
        return
    if kind in ("SelectStmt", "UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"):
        yield from _query(node, scope)
        return
    for child in _children(node):
        yield from _visit(child, scope)


def _children(node: Any) -> Iterator[Any]:
    for described, value in node.ListFields():
        if described.message_type is None:
            continue
        for one in value if described.is_repeated else (value,):
            yield unwrap_node(one)


def _query(node: Any, outer: _Scope) -> Iterator[Use]:
    ctes = outer.ctes | {unwrap_node(one).ctename for one in node.with_clause.ctes}
    scope = _Scope(ctes=ctes, parent=outer)
    for name in ("from_clause", "using_clause"):
        for item in getattr(node, name, ()):
            _gather(unwrap_node(item), scope)
    if hasattr(node, "relation") and type(node).__name__ != "SelectStmt":
        _gather(node.relation, scope)
    if type(node).__name__ == "SelectStmt":
        scope.outputs = frozenset(unwrap_node(one).name for one in node.target_list) - {""}
    for described, value in node.ListFields():
        if described.message_type is None:
            continue
        named = described.name in ("sort_clause", "group_clause", "distinct_clause")
        for one in value if described.is_repeated else (value,):
            child = unwrap_node(one)
            if not (named and _output(child, scope)):
                yield from _visit(child, scope)


def _output(node: Any, scope: _Scope) -> bool:
    """Whether ORDER BY or GROUP BY names what the SELECT itself gives a name to."""
    inner = unwrap_node(node.node) if type(node).__name__ == "SortBy" else node
    return type(inner).__name__ == "ColumnRef" and len(names := _fields(inner)) == 1 and names[0] in scope.outputs


def _gather(item: Any, scope: _Scope) -> None:
    """The tables of one item of FROM."""
    kind = type(item).__name__
    if kind == "JoinExpr":
        _gather(unwrap_node(item.larg), scope)
        _gather(unwrap_node(item.rarg), scope)
        return
    alias = item.alias.aliasname if hasattr(item, "alias") else ""
    if kind != "RangeVar":
        scope.tables[alias or f"?{len(scope.tables)}"] = None
        return
    own = item.relname in scope.ctes and not item.schemaname
    renamed = bool(item.alias.colnames)
    theirs = item.schemaname not in ("", "pg_catalog") and item.relname not in _EXTENSIONS
    known = item.relname in relations() and not (own or renamed or theirs)
    scope.tables[alias or item.relname] = item.relname if known else None


_EXTENSIONS = {"pg_stat_statements", "pg_stat_statements_info", "pg_buffercache"}  # may live in any schema


def _fields(node: Any) -> tuple[str, ...]:
    return tuple(getattr(unwrap_node(one), "sval", "*") for one in node.fields)


def _use(node: Any, scope: _Scope) -> Iterator[Use]:
    fields = _fields(node)
    column = fields[-1]
    if column == "*" or len(fields) > _MANY:
        return
    owner = _owner(fields[-2], scope) if len(fields) > 1 else _only(column, scope)
    if owner is not None:
        yield Use(owner, column, node.location, fields)


def _owner(alias: str, scope: _Scope | None) -> str | None:
    while scope is not None:
        if alias in scope.tables:
            return scope.tables[alias]
        scope = scope.parent
    return None


def _only(column: str, scope: _Scope | None) -> str | None:
    """The one table that a bare column can belong to; None while a table that is not known could have it."""
    while scope is not None:
        tables = list(scope.tables.values())
        if None in tables:
            return None
        having = {one for one in tables if one and (column in relations()[one] or f"{one}.{column}" in _EVER)}
        if having:
            return having.pop() if len(having) == 1 else None
        scope = scope.parent
    return None
