"""Small questions to the nodes that PostgreSQL's grammar makes of a statement. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import postgast
from google.protobuf.message import Message


def holds_column(node: Any) -> bool:
    """Whether a column is in it."""
    return any(type(one).__name__ == "ColumnRef" for one in nodes_of(node))


def bare_text(node: Any) -> str:
    """An expression as text, its columns without their table."""
    tree = postgast.parse("SELECT 1")
    statement: Any = postgast.unwrap_node(tree.stmts[0].stmt)
    target = postgast.unwrap_node(statement.target_list[0])
    slot = next(one for one in target.val.DESCRIPTOR.fields if one.message_type is node.DESCRIPTOR)
    getattr(target.val, slot.name).CopyFrom(node)
    for one in nodes_of(target):
        if type(one).__name__ == "ColumnRef":
            while len(one.fields) > 1:
                del one.fields[0]
    try:
        return str(postgast.deparse(tree)).removeprefix("SELECT ")
    except postgast.PgQueryError:
        return ""


def constant(node: Any) -> str | None:
    """The value of a constant, whatever it is cast to."""
    inner = node
    while type(inner).__name__ == "TypeCast":
        inner = postgast.unwrap_node(inner.arg)
    if type(inner).__name__ != "A_Const" or inner.isnull:
        return None
    for name in ("sval", "ival", "fval", "boolval"):
        if inner.HasField(name):
            held = getattr(inner, name)
            return str(getattr(held, name))
    return None


def parameters_of(node: Any) -> tuple[int, ...]:
    """Those that stand for a value of the column itself."""
    items = unwrapped(node.items) if type(node).__name__ == "List" else [node]
    return tuple(one.number for one in items if type(one).__name__ == "ParamRef")


def cast_to(node: Any) -> str | None:
    """The type that it is cast to."""
    return last_word(node.type_name.names) if type(node).__name__ == "TypeCast" else None


def last_word(parts: Iterable[Any]) -> str:
    """The last part of a dotted name."""
    words: list[str] = [part.sval for part in unwrapped(parts) if type(part).__name__ == "String"]
    return words[-1] if words else ""


def enum_name(message: Any, name: str) -> str:
    """The name of an enumerated field's value."""
    kind = message.DESCRIPTOR.fields_by_name[name]
    found: str = kind.enum_type.values_by_number[getattr(message, name)].name
    return found


def unwrapped(nodes: Iterable[Any]) -> list[Any]:
    """The nodes themselves, without what the grammar wraps them in."""
    return [postgast.unwrap_node(node) for node in nodes]


def children(node: Any) -> list[Any]:
    """The nodes right under one."""
    found: list[Any] = []
    for described, value in node.ListFields():
        if described.type == described.TYPE_MESSAGE:
            found.extend([value] if isinstance(value, Message) else value)
    return [postgast.unwrap_node(one) for one in found]


def nodes_of(root: Any) -> Iterator[Any]:
    """Every node under and with `root`, without recursion."""
    waiting: list[Any] = [postgast.unwrap_node(root)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)


def own_nodes(root: Any) -> Iterator[Any]:
    """The nodes of what a query gives out, without its subqueries."""
    waiting = [postgast.unwrap_node(one) for one in root.target_list]
    while waiting:
        node = waiting.pop()
        if type(node).__name__ == "SubLink":
            continue
        yield node
        waiting += children(node)
