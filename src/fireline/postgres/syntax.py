"""What PostgreSQL's own grammar says of a text, without a server: its statements, whether one can only be a read, what it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import postgast
from google.protobuf.message import DecodeError, Message

from fireline.postgres.trusted import words

Name = tuple[str | None, str]  # schema, name

# Every kind of node a read may hold. What is not here, a future grammar's too, is not proved.
_ALLOWED = words(
    """
    A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias BitString BoolExpr Boolean BooleanTest
    CTECycleClause CTESearchClause CaseExpr CaseWhen CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr
    Float FuncCall GroupingFunc GroupingSet Integer JoinExpr List MinMaxExpr NamedArgExpr NullTest ParamRef
    RangeFunction RangeSubselect RangeTableSample RangeVar ResTarget RowExpr SQLValueFunction SelectStmt SortBy
    String SubLink TypeCast TypeName WindowDef WithClause
    """
)
_WHY = {
    "IntoClause": "SELECT INTO makes a table",
    "LockingClause": "FOR UPDATE and FOR SHARE lock rows",
    "InsertStmt": "it inserts",
    "UpdateStmt": "it updates",
    "DeleteStmt": "it deletes",
    "MergeStmt": "it merges",
}
_EXPLAIN_OPTIONS = frozenset({"verbose", "costs", "settings", "generic_plan", "summary", "format", "memory"})
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})  # IN, BETWEEN, CASE, USING and sorting mean these
_SAMPLING = frozenset({"bernoulli", "system"})


@dataclass
class Names:
    """What a statement names, each as schema and name."""

    functions: set[Name] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)  # `row.name` calls the function `name` when there is no such column
    operators: set[Name] = field(default_factory=set)
    relations: set[Name] = field(default_factory=set)
    queries: set[str] = field(default_factory=set)  # the names that WITH gives
    types: set[Name] = field(default_factory=set)
    parameters: int = 0  # the highest $n


@dataclass(frozen=True)
class Reading:
    """How the grammar reads a text: `names` when it can only be a read as far as words go, else `because`."""

    names: Names | None = None
    because: str = ""
    shows_setting: bool = False


def statements(text: str) -> list[str]:
    """The single statements of a text; the whole text as one when the grammar does not know it."""
    if "\0" in text:
        return [text]
    try:
        return list(postgast.split(text))
    except postgast.PgQueryError:
        return [text] if text.strip() else []


def looks_like_a_read(text: str) -> bool:
    """Whether a text is one statement that could be proved to read, were the target asked."""
    return reading(text).names is not None


def reading(text: str) -> Reading:
    """Read a text with PostgreSQL's grammar: one SELECT, VALUES, TABLE, SHOW or plain EXPLAIN, or why not."""
    statement, because = _single(text)
    if statement is None:
        return Reading(because=because)
    kind = type(statement).__name__
    if kind == "VariableShowStmt":
        return Reading(Names(), shows_setting=True)
    if kind == "ExplainStmt":
        wrong = [option.defname for option in _inner(statement.options) if option.defname not in _EXPLAIN_OPTIONS]
        if wrong:
            return Reading(because=f"EXPLAIN with {wrong[0].upper()} is not a plain EXPLAIN")
        statement = postgast.unwrap_node(statement.query)
        kind = type(statement).__name__
    if kind != "SelectStmt":
        return Reading(because=f"it is {_spoken(kind)}, not a SELECT, VALUES, SHOW or plain EXPLAIN")
    names = Names()
    for node in _nodes(statement):
        found = type(node).__name__
        if found not in _ALLOWED and node.ListFields():  # an empty node stands for an omitted part
            return Reading(because=_WHY.get(found, f"it holds {_spoken(found)}, which is not proved"))
        wrong_sample = _note(node, found, names)
        if wrong_sample:
            return Reading(because=wrong_sample)
    return Reading(names)


def _single(text: str) -> tuple[Any, str]:
    """The one statement of a text, or why there is not exactly one."""
    if "\0" in text:
        return None, "it holds a NUL byte"
    try:
        parsed = postgast.parse(text).stmts
    except postgast.PgQueryError as unknown:
        return None, f"PostgreSQL's grammar does not read it: {unknown}"
    except (DecodeError, RecursionError):
        return None, "it is nested too deeply"
    if len(parsed) != 1:
        return None, f"it is {len(parsed) or 'no'} statement{'s' if parsed else ''}, not one"
    return postgast.unwrap_node(parsed[0].stmt), ""


def _note(node: Any, kind: str, names: Names) -> str:
    """Write down what one node names; why it is no read, when it is not."""
    if kind == "FuncCall":
        called = _name(node.funcname)
        names.functions.add(called)
    elif kind == "ColumnRef":
        parts = _inner(node.fields)
        if len(parts) > 1 and type(parts[-1]).__name__ == "String":
            names.fields.add(parts[-1].sval)
    elif kind == "A_Indirection":
        names.fields.update(part.sval for part in _inner(node.indirection) if type(part).__name__ == "String")
    elif kind == "A_Expr":
        names.operators.add(_name(node.name))
    elif kind == "SubLink" and node.oper_name:
        names.operators.add(_name(node.oper_name))
    elif kind == "SortBy" and node.use_op:
        names.operators.add(_name(node.use_op))
    elif kind == "TypeName":
        names.types.add(_name(node.names))
    elif kind == "ParamRef":
        names.parameters = max(names.parameters, node.number)
    elif kind == "RangeVar":
        names.relations.add((node.schemaname or None, node.relname))
    elif kind == "CommonTableExpr":
        names.queries.add(node.ctename)
    elif kind == "RangeTableSample" and _name(node.method)[1] not in _SAMPLING:
        return "its TABLESAMPLE method is not PostgreSQL's own"
    return ""


def operators_of(names: Names) -> set[Name]:
    """The operators a statement calls, those included that its words only imply."""
    spelled = {(schema, name) for schema, name in names.operators if "BETWEEN" not in name}
    return spelled | {(None, name) for name in _COMPARISONS}


def transactional(text: str) -> bool:
    """Whether a single statement can run inside a transaction, as far as its words tell."""
    statement, _ = _single(text)
    if statement is None:
        return True
    kind = type(statement).__name__
    if kind in _NEVER:
        return False
    if kind == "VacuumStmt":
        return not statement.is_vacuumcmd
    if kind == "ClusterStmt":
        return bool(statement.HasField("relation"))
    if kind == "TransactionStmt":
        return not any(word in _enum(statement, "kind") for word in ("COMMIT_PREPARED", "ROLLBACK_PREPARED"))
    if kind == "ReindexStmt":
        whole = any(word in _enum(statement, "kind") for word in ("SCHEMA", "SYSTEM", "DATABASE"))
        return not whole and "concurrently" not in [option.defname for option in _inner(statement.params)]
    if kind in ("CreateSubscriptionStmt", "AlterSubscriptionStmt", "DropSubscriptionStmt"):
        return False
    concurrent = any(getattr(node, "concurrent", False) for node in _nodes(statement))
    if concurrent and kind in ("IndexStmt", "DropStmt", "AlterTableStmt"):
        return False
    calls = {_name(node.funcname)[1] for node in _nodes(statement) if type(node).__name__ == "FuncCall"}
    return not calls & _FUNCTIONS_WITHOUT_XID


_NEVER = words(
    """
    AlterDatabaseStmt AlterSystemStmt CreateTableSpaceStmt CreatedbStmt DropTableSpaceStmt DropdbStmt
    """
)
# These refuse a transaction that has an id.
_FUNCTIONS_WITHOUT_XID = frozenset({"pg_create_logical_replication_slot", "pg_copy_logical_replication_slot"})


def without_brackets(texts: list[str]) -> tuple[list[str], str]:
    """The statements without a BEGIN before and a COMMIT behind them, since they become one transaction anyway.

    The second part says which other transaction control there is; empty when there is none.
    """
    kinds = [_transaction_control(text) for text in texts]
    if kinds and kinds[0] in ("BEGIN", "START") and kinds[-1] == "COMMIT":
        texts, kinds = texts[1:-1], kinds[1:-1]
    wrong = [kind for kind in kinds if kind in ("BEGIN", "START", "COMMIT", "ROLLBACK", "PREPARE")]
    return texts, wrong[0] if wrong else ""


def _transaction_control(text: str) -> str:
    statement, _ = _single(text)
    if statement is None or type(statement).__name__ != "TransactionStmt":
        return ""
    return _enum(statement, "kind").removeprefix("TRANS_STMT_")


def _enum(message: Any, name: str) -> str:
    kind = message.DESCRIPTOR.fields_by_name[name]
    found: str = kind.enum_type.values_by_number[getattr(message, name)].name
    return found


def _name(parts: Iterable[Any]) -> Name:
    """Schema and name of a dotted name; a database before them does not matter."""
    words = [part.sval for part in _inner(parts)]
    return (words[-2] if len(words) > 1 else None), words[-1]


def _inner(nodes: Iterable[Any]) -> list[Any]:
    return [postgast.unwrap_node(node) for node in nodes]


def _nodes(root: Message) -> Iterator[Any]:
    """Every node under and with `root`; without recursion, as a text may be nested as deeply as it likes."""
    waiting: list[Any] = [root]
    while waiting:
        node = postgast.unwrap_node(waiting.pop())
        yield node
        for described, value in node.ListFields():
            if described.type == described.TYPE_MESSAGE:
                waiting.extend([value] if isinstance(value, Message) else value)


def _spoken(kind: str) -> str:
    """A node's kind in words: `LockStmt` is LOCK."""
    word = kind.removesuffix("Stmt")
    spaced = "".join(f" {letter}" if letter.isupper() and place else letter for place, letter in enumerate(word))
    return spaced.upper() if kind.endswith("Stmt") else kind
