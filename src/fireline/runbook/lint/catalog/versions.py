"""What PostgreSQL's own views and functions are, by version, as real servers of each say: see scripts/catalog_columns.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

OLDEST, NEWEST = 10, 18  # of the servers that were asked


@dataclass(frozen=True)
class Fact:
    """A column, function or setting. since and until: the first and the last version that has it."""

    what: Literal["column", "function", "setting"]
    name: str  # pg_locks.granted
    type: str
    since: int
    until: int

    def holds(self, major: int) -> bool:
        """Whether a version has it; one beyond those that were asked is like the nearest of them."""
        return self.since <= min(max(major, OLDEST), NEWEST) <= self.until


@cache
def facts() -> tuple[Fact, ...]:
    """Every column of the catalog; of functions and settings those that some version lacks."""
    found: list[Fact] = []
    for line in Path(__file__).with_name("versions.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            what, name, kind, since, until = line.split("\t")
            found.append(Fact(what, name, kind, int(since or OLDEST), int(until or NEWEST)))  # type: ignore[arg-type]
    return tuple(found)


@cache
def relations() -> Mapping[str, Mapping[str, tuple[Fact, ...]]]:
    """Of each view or table of the catalog its columns; more than one fact where a type changed."""
    found: dict[str, dict[str, tuple[Fact, ...]]] = {}
    for fact in facts():
        if fact.what == "column":
            relation, _, column = fact.name.partition(".")
            columns = found.setdefault(relation, {})
            columns[column] = (*columns.get(column, ()), fact)
    return found


def type_of(relation: str, column: str, major: int | None = None) -> str | None:
    """The type of a column: in this version, else in the newest that has it; None where it is not known."""
    known = relations().get(relation, {}).get(column, ())
    there = [one for one in known if major is None or one.holds(major)] or list(known)
    return max(there, key=lambda one: one.until).type if there else None
