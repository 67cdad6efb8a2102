"""What a role may not do of that which a statement reads and changes: the server itself would say so only when it is run."""

from __future__ import annotations

from typing import Any

from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.sql.mentions import Call, Mentions
from fireline.runbook.lint.world import Problem

DENIED = "42501"
_SPOKEN = {"v": "view", "m": "materialized view", "S": "sequence", "f": "foreign table"}


def privilege(catalog: Inquiry, named: Mentions, sql: str) -> Problem | None:
    """The first table or function that our role may not use as the statement does; None when it may."""
    raw = sql.encode()

    def character(byte: int) -> int:
        return len(raw[:byte].decode("utf-8", "replace"))

    wanted = list(named.relations)
    for (key, at), row in zip(named.relations.items(), catalog.relations(wanted), strict=True):
        if row["oid"] is not None and not row["may"] and not _columns_allow(catalog, row, named, key[1]):
            said = f"permission denied for {_SPOKEN.get(row['kind'], 'table')} {row['name']}"
            return denied(said, f"{row['schema']}.{row['name']}", f"{catalog.role} lacks {key[1]}", character(at))
    rows = catalog.functions([call.name[1] for call in named.calls])
    for call in named.calls:
        meant = candidates(rows, call)
        if meant and not any(row["may"] for row in meant):
            said = f"permission denied for function {call.name[1]}"
            return denied(said, call.name[1], f"{catalog.role} lacks EXECUTE", character(call.at))
    return None


def denied(message: str, name: str, hint: str, position: int | None = None) -> Problem:
    """A problem of privileges. hint: who lacks what."""
    return Problem("privilege", message, DENIED, position, name, hint)


def _columns_allow(catalog: Inquiry, row: dict[str, Any], named: Mentions, need: str) -> bool:
    """Whether it is enough that the role may use some columns: those that the statement names."""
    if not row["may_some"]:
        return False
    if need != "SELECT":
        return True  # which columns it writes is not followed
    words = {part[-1] for part in named.columns.values() if part}
    stars = any(not part for part in named.columns.values())
    names = list(catalog.columns_of(row["oid"])) if stars else sorted(words)
    return not catalog.rows("column_privileges", oid=row["oid"], names=names, need=need)


def candidates(rows: list[Any], call: Call) -> list[Any]:
    """The functions that a call may mean, by its name and how many arguments it has."""
    schema, name = call.name
    return [
        row
        for row in rows
        if row["name"] == name
        and (row["schema"] == schema if schema else row["visible"])
        and (row["variadic"] or call.variadic or row["fewest"] <= call.arguments <= row["most"])
    ]
