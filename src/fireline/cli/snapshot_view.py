"""How a recorded state is shown: one line for each part, or the rows of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fireline.cli.terminal import console, say
from fireline.cli.times import at

_NAMED = 6  # names in a line
# As people look for them; what is not named here comes after. JSON out of a store has lost the order.
_ORDER = (
    "settings", "file_faults", "overrides", "databases", "database_sizes", "tablespaces", "roles", "memberships", "access_rules",
    "connections", "sessions", "waiting", "held", "locks", "prepared", "standbys", "receiver", "slots", "subscriptions",
    "publications", "schema", "extensions", "migrations", "jobs", "sizes",
)  # fmt: skip
_FIRST = ("name", "value", "unit", "role", "member")  # columns


def draw_state(found: dict[str, Any]) -> None:
    """The head, and of each part what is in it; how to see more."""
    state = found["state"]
    server = state.get("server") or {}
    whose = f" for {found['incident']}" if found["incident"] else ""
    say(f"snapshot {found['snapshot']} of {found['target']}, {at(found['made_at'])}{whose}")
    if server:
        kind = "standby" if server.get("standby") else "primary"
        say(
            f"  PostgreSQL {server.get('version')}, {kind}, database {server.get('database')}, up since {at(server['started'])}"
        )
    for part, words in _lines(state):
        say(f"  {part.replace('_', ' '):<16}{words}")
    for part, words in (state.get("partly") or {}).items():
        say(f"  {part:<16}only in part: {words}")
    for part, why in (state.get("unknown") or {}).items():
        say(f"  {part.replace('_', ' '):<16}unknown: {why}")
    say(f"`fireline snapshot show {found['snapshot']} --part settings` shows one part in full.")


def _lines(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for part in sorted(state, key=lambda part: _ORDER.index(part) if part in _ORDER else len(_ORDER)):
        value = state[part]
        says = _SAYS.get(part)
        if says is not None:
            yield part, says(value)
        elif part not in ("partly", "unknown", "server") and isinstance(value, dict | list):
            yield part, _counted(value)


def _counted(value: Any) -> str:
    """How many, and the first names of those that have one."""
    if not value:
        return "none"
    names = list(value) if isinstance(value, dict) else [row["name"] for row in value if "name" in row]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(value)}: {', '.join(names[:_NAMED])}{more}" if names else str(len(value))


def _schema(value: dict[str, Any]) -> str:
    return ", ".join(f"{number} {part}" for part, number in value["counts"].items()) + f"; {value['fingerprint'][:12]}"


def _connections(value: dict[str, Any]) -> str:
    return f"{value['used']} of {value['most']}"


def _migrations(value: dict[str, Any]) -> str:
    newest = {
        table: next(iter(lines[0].values()), "") if isinstance(lines, list) and lines else "none"
        for table, lines in value.items()
    }
    return "; ".join(f"{table}: newest {line}" for table, line in newest.items()) or "no known tool's table"


_SAYS: dict[str, Callable[[Any], str]] = {
    "schema": _schema,
    "connections": _connections,
    "migrations": _migrations,
    "sizes": lambda value: f"{len(value['tables'])} tables{', the largest only' if value['more'] else ''}",
    "jobs": lambda value: f"kept in database {value['elsewhere']}" if value["elsewhere"] else _counted(value["jobs"]),
}


def draw_part(found: dict[str, Any]) -> None:
    """One part as a table; what is nested in it as it is."""
    from fireline.cli.tables import columns

    part, value = next(iter(found["state"].items()))
    rows = list(_rows(value))
    if not rows:
        say(f"{part.replace('_', ' ')}: none")
        return
    every = dict.fromkeys(key for row in rows for key in row)
    heads = [*(head for head in _FIRST if head in every), *(head for head in every if head not in _FIRST)]
    table = columns(*(head.replace("_", " ") for head in heads))
    for row in rows:
        table.add_row(*(_cell(row.get(head)) for head in heads))
    console().print(table)


def _rows(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (row if isinstance(row, dict) else {"value": row} for row in value)
        return
    for nested in ("tables", "jobs", "objects"):
        if isinstance(value.get(nested), dict):
            value = value[nested]
    for name, row in sorted(value.items()):
        yield {"name": name, **row} if isinstance(row, dict) else {"name": name, "value": row}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_cell, value)) if isinstance(value, list) else str(value)
