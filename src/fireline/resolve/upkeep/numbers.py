"""The numbers of one item as they are now, and whether they say that it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fireline.postgres.connect import Connection
from fireline.resolve.upkeep.item import Item, count, size
from fireline.resolve.upkeep.reading import Q

_QUESTION = {
    "analyze": "table_now",
    "vacuum": "table_now",
    "freeze": "table_now",
    "reindex": "index_now",
    "drop": "index_now",
    "validate": "constraint_now",
    "sequence": "sequence_now",
}


def now(conn: Connection, item: Item) -> dict[str, Any] | None:
    """What the catalog and the counters say of an item's object now; None when there is no such object any more."""
    return conn.execute(Q[_QUESTION[item.kind]], {"oid": item.oid, "object": item.object}).fetchone()


def done(item: Item, numbers: dict[str, Any] | None) -> bool:
    """Whether what was planned has happened, by us or by anybody; an object that is gone wants nothing."""
    if numbers is None:
        return True
    planned = datetime.fromisoformat(item.planned_at)
    if item.kind == "analyze":
        return bool(numbers["known"] or (numbers["analyzed"] is not None and numbers["analyzed"] >= planned))
    if item.kind == "vacuum":
        return numbers["vacuumed"] is not None and numbers["vacuumed"] >= planned
    if item.kind == "freeze":
        return bool(numbers["age"] < item.before["age"] and (numbers["vacuumed"] or planned) >= planned)
    if item.kind == "reindex":
        return bool(numbers["valid"] and (numbers["oid"] != item.oid or not item.before["valid"]))
    if item.kind == "validate":
        return bool(numbers["validated"])
    return bool(item.kind == "sequence" and numbers["last"] >= item.before["largest"])


def told(item: Item, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """What changed, as a short clause."""
    if before is None or after is None:
        return "gone" if after is None else ""
    if item.kind == "analyze":
        return f"{count(before['changed'])} changed rows → {count(after['changed'])}"
    if item.kind == "vacuum":
        return f"{count(before['dead'])} dead rows → {count(after['dead'])}"
    if item.kind == "freeze":
        return f"age {count(before['age'])} → {count(after['age'])}"
    if item.kind == "reindex":
        return f"{_state(before)} → {_state(after)}"
    if item.kind == "sequence":
        return f"{before['last']} → {after['last']}"
    return "valid" if after.get("validated") else ""


def _state(numbers: dict[str, Any]) -> str:
    return f"{size(numbers['bytes'])} {'valid' if numbers['valid'] else 'invalid'}"
