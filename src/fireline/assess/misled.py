"""Tables whose old figures mislead the planner, with the statements that suffer from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from fireline.assess.checks.indexes import Index
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.reasons import (
    GUC,
    MISSING,
    STALE,
    WRAPPED,
    Reason,
    bloated,
    compiled,
    effective,
    reason,
    reasons,
    stale,
    unindexed_children,
)
from fireline.assess.scans import scans
from fireline.assess.slow import Slow, every, felt
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Rejected

_AGAIN, _AGAIN_UNASKED = 1.2, 2.0  # times all pages of its tables: so much no plan that fits would read
_MS, _MS_UNASKED = 5.0, 20.0
_BLOCKS, _SHARE, _CALLS_UNASKED = 100, 0.05, 3


@dataclass
class Misled:
    """One table, the statements that suffer, and the scan that tells, if it is one."""

    table: Table
    slows: list[Slow]
    reason: Reason | None = None
    index: Index | None = None
    rejected: tuple[Rejected, ...] = field(default=())


def misled(snapshot: Snapshot) -> tuple[Misled, ...]:
    """An index that is there is not used, or tables are read again and again: and the figures are old."""
    found: dict[int, Misled] = {}
    for one in reasons(snapshot, STALE):
        kept = found.setdefault(one.scan.table.oid, Misled(one.scan.table, [], one, one.condition.index))
        kept.slows.append(one.scan.slow)
    explained = {scan.slow.text for scan in scans(snapshot) if (why := reason(snapshot, scan)) and why.label != STALE}
    tables = snapshot.last("tables", Tables)
    for slow in every(snapshot) if tables else ():
        if tables and slow.text not in explained and _suffers(snapshot, slow, tables):
            for table in _tables(slow, tables):
                if stale(snapshot, table) and not bloated(table):
                    kept = found.setdefault(table.oid, Misled(table, [], rejected=_rejected(snapshot, slow)))
                    if slow not in kept.slows:
                        kept.slows.append(slow)
    return tuple(found.values())


def _tables(slow: Slow, tables: Tables) -> list[Table]:
    """Each once, however often it is joined."""
    found = {table.oid: table for one in slow.shape.tables if (table := tables.named(one.name, one.schema))}
    return list(found.values())


def _suffers(snapshot: Snapshot, slow: Slow, tables: Tables) -> bool:
    """Whether it joins or looks up, and reads more than all of its tables hold."""
    asked = felt(snapshot)
    if slow.blocks is None or slow.mean_ms < (_MS if asked else _MS_UNASKED) or slow.share < _SHARE:
        return False
    if slow.shape.kind != "select" or compiled(slow) or (not asked and slow.calls < _CALLS_UNASKED):
        return False
    if any(one.place != "exists" for one in slow.shape.correlated) or unindexed_children(snapshot, slow):
        return False
    pages = sum(tables.pages(one) for one in _tables(slow, tables))
    return pages > 0 and slow.blocks > max((_AGAIN if asked else _AGAIN_UNASKED) * pages, _BLOCKS)


def _rejected(snapshot: Snapshot, slow: Slow) -> tuple[Rejected, ...]:
    given = effective(snapshot, slow.user)
    return (
        Rejected(MISSING, "no column it asks by wants an index"),
        Rejected(WRAPPED, "no condition of it hides a column from an index"),
        *((Rejected(GUC, f"no planner setting of {slow.user} differs from the default"),) if not given else ()),
        Rejected("correlated_subquery", "no subquery of it is carried out for each row"),
    )
