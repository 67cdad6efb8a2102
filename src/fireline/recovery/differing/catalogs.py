"""What two databases of one server are made of, compared: objects, owners, grants, sequences, large objects. Not their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from fireline.postgres import migrations_seen
from fireline.postgres.watch import Watch
from fireline.recovery.differing.sides import Q, Side, both, why

Change = Literal["made", "changed", "gone"]
MOST_OBJECTS = 1_000_000  # large objects whose content is hashed one by one
MOST_MIGRATIONS = 5_000

OBJECTS = {
    "tables and views": Q["made_relations"],
    "columns": Q["made_columns"],
    "constraints": Q["made_constraints"],
    "indexes": Q["made_indexes"],
    "policies": Q["made_policies"],
    "triggers": Q["made_triggers"],
    "functions and types": Q["made_functions"],
    "publications": Q["made_publications"],
}


@dataclass(frozen=True)
class Thing:
    """One object that differs. made: only the live one has it; gone: only the restored one has it. state: on or off."""

    change: Change
    kind: str
    name: str
    parent: str | None = None
    live: str | None = None  # its state in the live one
    restored: str | None = None


@dataclass(frozen=True)
class Unread:
    """What could not be compared, and why: it is unknown, not equal."""

    what: str
    why: str


def pairwise(
    live: Side, restored: Side, what: str, read: Callable[[Side], Any], watch: Watch, unread: list[Unread]
) -> tuple[Any, Any] | None:
    """The same read of both sides; None, with a line in `unread`, when one can not be read."""
    try:
        return both(live, restored, read, watch)
    except psycopg.Error as fault:
        if live.conn.closed or restored.conn.closed:
            raise
        unread.append(Unread(what, why(fault)))
        return None


def objects(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> list[Thing]:
    """Every object that only one has, or that is another in each; nothing of a table that only one has but the table."""
    found: list[Thing] = []
    for what, query in OBJECTS.items():
        sides = pairwise(live, restored, what, lambda side, query=query: _by_name(side, query), watch, unread)  # type: ignore[misc]
        if sides is not None:
            found += _differing(*sides)
    alone = {thing.name for thing in found if thing.change != "changed" and thing.parent is None}
    return [thing for thing in found if thing.parent is None or thing.parent not in alone]


def _by_name(side: Side, query: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["kind"], row["name"]): row for row in side.rows(query)}


def _differing(ours: dict[Any, dict[str, Any]], theirs: dict[Any, dict[str, Any]]) -> Iterator[Thing]:
    for kind, name in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get((kind, name)), theirs.get((kind, name))
        if mine is None:
            assert other is not None
            yield Thing("gone", kind, name, other["parent"], None, other["state"])
        elif other is None:
            yield Thing("made", kind, name, mine["parent"], mine["state"], None)
        elif (mine["what"], mine["state"]) != (other["what"], other["state"]):
            yield Thing("changed", kind, name, mine["parent"], mine["state"], other["state"])


def owners(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> list[tuple[str, str, str]]:
    """What belongs to somebody else in each: name, owner in the live one, owner in the restored one."""
    sides = pairwise(
        live, restored, "owners", lambda side: {row["name"]: row["owner"] for row in side.rows(Q["made_owners"])},
        watch, unread,
    )  # fmt: skip
    ours, theirs = sides or ({}, {})
    return [
        (name, ours[name], theirs[name]) for name in sorted(ours.keys() & theirs.keys()) if ours[name] != theirs[name]
    ]


Grant = tuple[str, str, tuple[str, ...]]  # what, to whom, which privileges


def grants(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> tuple[list[Grant], list[Grant]]:
    """Grants that only the live one has, and those that only the restored one has; of what both have."""

    def read(side: Side) -> tuple[set[str | None], dict[tuple[str | None, str, str], set[str]]]:
        things: set[str | None] = {None}
        held: dict[tuple[str | None, str, str], set[str]] = {}
        for row in side.rows(Q["made_grants"]):
            things.add(row["thing"])
            if row["privilege"]:
                held.setdefault((row["thing"], row["name"], row["grantee"]), set()).add(row["privilege"])
        return things, held

    sides = pairwise(live, restored, "grants", read, watch, unread)
    if sides is None:
        return [], []
    ours, theirs = sides

    def more(one: Any, other: Any) -> list[Grant]:
        shared = one[0] & other[0]
        rest = {key: held - other[1].get(key, set()) for key, held in one[1].items() if key[0] in shared}
        return sorted((key[1], key[2], tuple(sorted(extra))) for key, extra in rest.items() if extra)

    return more(ours, theirs), more(theirs, ours)


def extensions(
    live: Side, restored: Side, watch: Watch, unread: list[Unread]
) -> list[tuple[str, str | None, str | None]]:
    """Extensions whose versions differ, or that only one has: name, version in the live one, in the restored one."""

    def read(side: Side) -> dict[str, str]:
        return {row["name"]: row["version"] for row in side.rows(Q["made_extensions"])}

    ours, theirs = pairwise(live, restored, "extensions", read, watch, unread) or ({}, {})
    names = sorted(ours.keys() | theirs.keys())
    return [(name, ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)]


def sequences(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> list[tuple[str, int, int | None]]:
    """Sequences that would fall back: name, last number in the live one, in the restored one."""

    def read(side: Side) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in side.rows(Q["made_sequences"])}

    ours, theirs = pairwise(live, restored, "sequences", read, watch, unread) or ({}, {})
    found = []
    for name in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[name], theirs[name]
        if not (mine["seen"] and other["seen"]):
            unread.append(Unread(f"sequence {name}", "our role may not see its number"))
        elif mine["last"] is not None and (other["last"] is None or (mine["last"] - other["last"]) * mine["step"] > 0):
            found.append((name, mine["last"], other["last"]))
    return found


def migrations(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> list[tuple[str, dict[str, Any]]]:
    """Migrations that only the live one notes: the table of the tool, and its line."""

    def read(side: Side) -> dict[str, list[dict[str, Any]]]:
        with side.conn.transaction():
            known = migrations_seen.tables(side.conn)
            return {table.full: migrations_seen.last(side.conn, table, MOST_MIGRATIONS) for table in known}

    ours, theirs = pairwise(live, restored, "migrations", read, watch, unread) or ({}, {})
    return [
        (table, line) for table, lines in sorted(ours.items()) for line in lines if line not in theirs.get(table, [])
    ]


@dataclass(frozen=True)
class LargeObjects:
    """How the large objects differ; content is None when our role may not read it."""

    live: int
    restored: int
    missing: int | None = None
    changed: int | None = None
    returning: int | None = None


def large_objects(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> LargeObjects:
    """Count the large objects, and compare their content where our role may read it."""
    counts = pairwise(live, restored, "large objects", lambda side: side.rows(Q["large_objects"])[0], watch, unread)
    if counts is None:
        return LargeObjects(0, 0)
    numbers = [one["number"] for one in counts]
    if not any(numbers):
        return LargeObjects(0, 0)
    if max(numbers) > MOST_OBJECTS or not all(one["readable"] for one in counts):
        reason = "our role may not read them" if max(numbers) <= MOST_OBJECTS else "there are too many"
        unread.append(Unread("the content of large objects", reason))
        return LargeObjects(numbers[0], numbers[1])

    def read(side: Side) -> dict[int, str]:
        return {row["id"]: row["hash"] for row in side.rows(Q["large_object_hashes"])}

    sides = pairwise(live, restored, "the content of large objects", read, watch, unread)
    if sides is None:
        return LargeObjects(numbers[0], numbers[1])
    ours, theirs = sides
    changed = sum(1 for one in ours.keys() & theirs.keys() if ours[one] != theirs[one])
    made, gone = len(ours.keys() - theirs.keys()), len(theirs.keys() - ours.keys())
    return LargeObjects(numbers[0], numbers[1], made, changed, gone)
