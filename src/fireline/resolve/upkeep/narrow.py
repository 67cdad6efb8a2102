"""What of all that could be done was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fireline.resolve.upkeep.item import ORDER, Chosen, Item, LeftOut

MOST = 100  # items in one plan; the next run goes on
_PART = {"drop": "reindex"}  # what is left of a rebuild belongs to rebuilding


@dataclass(frozen=True)
class Asked:
    """Kinds of work and names; `skip` may hold both."""

    only: Sequence[str] = ()
    tables: Sequence[str] = ()
    skip: Sequence[str] = ()

    def wants(self, one: Item | LeftOut) -> bool:
        """Whether an item is among what was asked for."""
        work = _PART.get(one.kind, one.kind)
        return (
            (not self.only or work in self.only)
            and (not self.tables or any(_means(name, one.table) for name in self.tables))
            and work not in self.skip
            and not any(_means(name, place) for name in self.skip for place in (one.table, one.object))
        )


def narrow(found: Chosen, asked: Asked) -> Chosen:
    """The part of it that was asked for, the quick and harmless first; suggestions only where all was."""
    items = sorted((item for item in found.items if asked.wants(item)), key=lambda item: ORDER.index(item.kind))
    left = tuple(one for one in found.left_out if asked.wants(one))
    return Chosen(
        tuple(items[:MOST]), left + _later(items[MOST:]), () if asked.only or asked.tables else found.suggestions
    )


def _later(items: Sequence[Item]) -> tuple[LeftOut, ...]:
    """What one plan has no place for, as one line."""
    if not items:
        return ()
    first = items[0]
    why = f"{MOST} parts are planned at a time: run it again"
    return (LeftOut(first.kind, first.object, first.table, f"{len(items)} more, such as {first.what}", why),)


def _means(said: str, name: str) -> bool:
    """Whether a person's word means a qualified, quoted name: with or without its schema and its quotes."""
    plain, word = name.replace('"', ""), said.replace('"', "").strip()
    return word in (plain, plain.partition(".")[2])
