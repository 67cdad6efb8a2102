"""Which table refers to which, and the order in which their rows can be inserted: those referred to first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter

from fireline.postgres.connect import Connection
from fireline.recovery.differing.sides import Q


@dataclass(frozen=True)
class Reference:
    """A foreign key: the columns of the child that name a row of the parent."""

    child: str
    parent: str
    columns: tuple[str, ...]
    refers: tuple[str, ...]


def read(conn: Connection) -> list[Reference]:
    """Every foreign key of the database."""
    rows = conn.execute(Q["foreign_keys"]).fetchall()
    return [Reference(row["child"], row["parent"], tuple(row["columns"]), tuple(row["refers"])) for row in rows]


def groups(tables: Iterable[str], references: Iterable[Reference]) -> list[list[str]]:
    """The tables, those referred to first; tables that refer to each other in a ring stand in one group.

    A group is inserted by one statement, at whose end the server checks: so no key needs to be deferrable.
    """
    names = list(tables)
    behind = {name: {one.parent for one in references if one.child == name and one.parent in names} for name in names}
    reach = {name: _reach(name, behind) for name in names}
    ring = {
        name: min([name, *(other for other in reach[name] if name in reach[other])], key=names.index) for name in names
    }
    order = TopologicalSorter({ring[name]: set[str]() for name in names})
    for name in names:
        for parent in sorted(behind[name], key=names.index):
            if ring[parent] != ring[name]:
                order.add(ring[name], ring[parent])
    return [[name for name in names if ring[name] == first] for first in order.static_order()]


def _reach(start: str, behind: dict[str, set[str]]) -> set[str]:
    found, fresh = set[str](), set(behind[start])
    while fresh:
        found |= fresh
        fresh = {parent for name in fresh for parent in behind[name]} - found
    return found
