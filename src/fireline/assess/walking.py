"""A walk through the queries of one statement, which collects its tables, predicates and tied subqueries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import postgast

from fireline.assess.grammar import (
    cast_to,
    children,
    constant,
    enum_name,
    last_word,
    own_nodes,
    parameters_of,
    unwrapped,
)
from fireline.assess.shapes import Named, Predicate, Shape, Subquery
from fireline.assess.sides import Scope, Side, against, resolve, side_of

_AGGREGATES = frozenset(
    {"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "bool_or", "bool_and"}
)
_SPELLED = {"~~": "like", "~~*": "ilike", "!~~": "not like", "!~~*": "not ilike"}
_KINDS = {
    "AEXPR_IN": "in",
    "AEXPR_OP_ANY": "in",
    "AEXPR_BETWEEN": "between",
    "AEXPR_BETWEEN_SYM": "between",
    "AEXPR_NOT_BETWEEN": "not between",
    "AEXPR_NOT_BETWEEN_SYM": "not between",
}
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


class Walk:
    """Collects as it goes through the queries of one statement."""

    def __init__(self) -> None:
        self.tables: list[Named] = []
        self.predicates: list[Predicate] = []
        self.correlated: list[Subquery] = []
        self.target: Named | None = None
        self.levels = 0
        self.top = Scope()

    def shape(self, kind: str, root: Any) -> Shape:
        """What was collected."""
        calls = (
            {last_word(node.funcname) for node in own_nodes(root) if type(node).__name__ == "FuncCall"}
            if kind == "select"
            else set()
        )
        return Shape(
            kind,
            tuple(dict.fromkeys(self.tables)),
            self.target,
            tuple(self.predicates),
            tuple(self.correlated),
            tuple(target.name for target in unwrapped(root.target_list)) if kind == "update" else (),
            bool(calls & _AGGREGATES),
            bool(kind == "select" and root.group_clause),
            bool(kind == "select" and root.HasField("limit_count")),
            tuple(self._sorts(root)) if kind == "select" else (),
            bool(kind == "select" and root.locking_clause),
        )

    def _sorts(self, root: Any) -> Iterator[tuple[tuple[Named, ...], str, bool]]:
        """The columns that the whole is sorted by, up to the first that is none."""
        scope = self.top
        for item in unwrapped(root.sort_clause):
            node = postgast.unwrap_node(item.node)
            tables, column, _ = resolve(node, scope) if type(node).__name__ == "ColumnRef" else ((), "", False)
            if not column or not tables:
                return
            yield tables, column, enum_name(item, "sortby_dir") == "SORTBY_DESC"

    def statement(self, root: Any) -> None:
        """The statement itself."""
        scope = self.top
        if root.HasField("with_clause"):
            self._ctes(root.with_clause, scope)
        kind = type(root).__name__
        if kind == "SelectStmt":
            self._select(root, scope)
            return
        self.target = self._table(root.relation, scope)
        if kind == "InsertStmt":
            if root.HasField("select_stmt"):
                self._query(postgast.unwrap_node(root.select_stmt), None)
            return
        if kind == "MergeStmt":
            self._from([root.source_relation], scope)
            self._where(root.join_condition, scope)
            return
        self._from(root.from_clause if kind == "UpdateStmt" else root.using_clause, scope)
        if kind == "UpdateStmt":
            for item in root.target_list:
                self._expression(item, scope, "output")
        self._where(root.where_clause, scope)

    def _query(self, node: Any, outer: Scope | None) -> Scope:
        """A query inside; its scope tells whether it refers to the one around."""
        self.levels += 1
        scope = Scope(outer, self.levels)
        if type(node).__name__ == "SelectStmt":
            if node.HasField("with_clause"):
                self._ctes(node.with_clause, scope)
            self._select(node, scope)
        return scope

    def _ctes(self, clause: Any, scope: Scope) -> None:
        for cte in unwrapped(clause.ctes):
            scope.ctes.add(cte.ctename)
            inside = postgast.unwrap_node(cte.ctequery)
            if type(inside).__name__ == "SelectStmt":
                self._query(inside, scope)

    def _select(self, node: Any, scope: Scope) -> None:
        for side in ("larg", "rarg"):
            if node.HasField(side):
                self._query(getattr(node, side), scope)
        self._from(node.from_clause, scope)
        for item in node.target_list:
            self._expression(item, scope, "output")
        self._where(node.where_clause, scope)
        self._where(node.having_clause, scope, counted=False)

    def _from(self, items: Iterable[Any], scope: Scope) -> None:
        joins: list[Any] = []
        waiting = [postgast.unwrap_node(item) for item in items]
        while waiting:
            node = waiting.pop(0)
            kind = type(node).__name__
            if kind == "RangeVar":
                self._table(node, scope)
            elif kind == "JoinExpr":
                waiting += [postgast.unwrap_node(node.larg), postgast.unwrap_node(node.rarg)]
                joins.append(node)
            elif kind == "RangeSubselect":
                scope.tables[node.alias.aliasname] = None
                self._query(postgast.unwrap_node(node.subquery), scope if node.lateral else scope.outer)
            elif node.HasField("alias"):
                scope.tables[node.alias.aliasname] = None
        for join in joins:
            self._where(join.quals, scope)

    def _table(self, node: Any, scope: Scope) -> Named | None:
        alias = node.alias.aliasname if node.HasField("alias") else node.relname
        if not node.schemaname and scope.known(node.relname):
            scope.tables[alias] = None
            return None
        named = Named(node.schemaname or None, node.relname, alias)
        scope.tables[alias] = named
        self.tables.append(named)
        return named

    def _expression(self, node: Any, scope: Scope, place: str) -> None:
        """Look for subqueries in what is no condition."""
        waiting = [postgast.unwrap_node(node)]
        while waiting:
            inner = waiting.pop()
            if type(inner).__name__ == "SubLink":
                self._sublink(inner, scope, place)
                continue
            waiting += children(inner)

    def _sublink(self, node: Any, scope: Scope, place: str) -> None:
        inside = self._query(postgast.unwrap_node(node.subselect), scope)
        scalar = enum_name(node, "sub_link_type") in ("EXPR_SUBLINK", "ARRAY_SUBLINK")
        if inside.ties:
            where = place if scalar else "exists"
            self.correlated.append(Subquery(where, inside.own(), tuple(inside.ties), inside.level))

    def _where(self, node: Any, scope: Scope, *, alternative: bool = False, counted: bool = True) -> None:
        """A condition: ANDs are taken apart, what is under OR and NOT is only an alternative."""
        inner = postgast.unwrap_node(node) if node is not None else None
        if inner is None or not inner.ListFields():
            return
        kind = type(inner).__name__
        if kind == "BoolExpr":
            loose = alternative or enum_name(inner, "boolop") != "AND_EXPR"
            for argument in inner.args:
                self._where(argument, scope, alternative=loose, counted=counted)
        elif kind == "A_Expr":
            self._comparison(inner, scope, alternative=alternative, counted=counted)
        elif kind == "SubLink":
            self._by_query(inner, scope, alternative=alternative)
        elif kind in ("NullTest", "BooleanTest", "ColumnRef"):
            self._test(inner, kind, scope, alternative=alternative)
        else:
            self._expression(inner, scope, "filter")

    def _test(self, node: Any, kind: str, scope: Scope, *, alternative: bool) -> None:
        side = side_of(node if kind == "ColumnRef" else node.arg, scope)
        if not side.column or side.outer:
            return
        operator = "true"
        if kind == "NullTest":
            operator = "is null" if enum_name(node, "nulltesttype") == "IS_NULL" else "is not null"
        self._keep(side, operator, "value", scope, alternative=alternative)

    def _by_query(self, node: Any, scope: Scope, *, alternative: bool) -> None:
        self._sublink(node, scope, "filter")
        if node.HasField("testexpr"):
            side = side_of(node.testexpr, scope)
            if side.column and not side.outer:
                self._keep(side, "in", "query", scope, alternative=alternative)

    def _comparison(self, node: Any, scope: Scope, *, alternative: bool, counted: bool) -> None:
        operator = _KINDS.get(enum_name(node, "kind")) or last_word(node.name)
        operator = _SPELLED.get(operator, operator)
        left, right = side_of(node.lexpr, scope), side_of(node.rexpr, scope)
        for side in (left, right):
            if not side.plain:
                self._expression(side.node, scope, "filter")
        if not counted:
            return
        same = left.column and right.column and left.tables == right.tables and not left.outer and not right.outer
        for side, other, word in ((left, right, operator), (right, left, _TURNED.get(operator, operator))):
            if side.column and not side.outer and not (same and len(side.tables) == 1):
                self._keep(side, word, against(other), scope, alternative=alternative, other=other)

    def _keep(
        self, side: Side, operator: str, against: str, scope: Scope, *, alternative: bool, other: Side | None = None
    ) -> None:
        predicate = Predicate(
            side.tables,
            side.column,
            operator,
            against,
            side.wraps,
            scope.level,
            alternative,
            constant(other.node) if other else None,
            cast_to(other.node) if other else None,
            (other.tables, other.column) if other and other.column else None,
            parameters_of(other.node) if other else (),
        )
        self.predicates.append(predicate)
        if against == "outer":
            scope.ties.append(predicate)
