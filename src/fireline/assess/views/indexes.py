"""Indexes that can not be used, are not used, or are there twice; and the largest."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, PAGE, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The four lists. Unused is since the counters were reset, and on this server alone: a standby may use it."""
    reading = snapshot.last("indexes", Indexes)
    assert reading is not None
    every = [one for one in reading.indexes if one.kind == "i"]
    broken = [one for one in every if not one.usable]
    idle = [one for one in every if one.usable and not one.scans and not _needed(one)]
    largest = sorted(every, key=lambda one: -one.pages)
    return Shown(
        (f"{len(every)} indexes, {len(broken)} that can not be used, {len(idle)} never used since the counters began",),
        (
            Section("Can not be used", tuple(_row(one) for one in broken[:MOST])),
            Section("Same as another", _twins([one for one in every if one.usable])),
            Section(
                "Never used",
                tuple(_row(one) for one in sorted(idle, key=lambda one: -one.pages)[:MOST]),
                "A standby may use them; keep those of constraints.",
            ),
            Section("Largest", tuple(_row(one) for one in largest[:10])),
        ),
    )


def _needed(index: Index) -> bool:
    """Whether it stands for a rule, used or not."""
    return index.unique or index.primary or index.exclusion or index.identity or index.constraint is not None


def _twins(every: list[Index]) -> tuple[dict[str, Any], ...]:
    groups: dict[tuple[int, tuple[int, ...]], list[Index]] = defaultdict(list)
    for one in every:
        groups[one.table, one.keys].append(one)
    return tuple(
        {**_row(other), "same_as": group[0].path}
        for group in groups.values()
        for other in group[1:]
        if group[0].same_as(other)
    )[:MOST]


def _row(index: Index) -> dict[str, Any]:
    return {
        "index": index.path,
        "table": index.table_name,
        "size_bytes": index.pages * PAGE,
        "scans": index.scans,
        "unique": index.unique,
        "valid": index.valid,
        "ready": index.ready,
        "building": index.building,
    }


view = View("indexes", "Invalid, duplicate and unused indexes; the largest", ("indexes",), show)
