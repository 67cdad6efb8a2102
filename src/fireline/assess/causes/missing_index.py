"""A statement reads through a whole table for a few rows, as no index begins with the column it asks by."""

from __future__ import annotations

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.tables import Tables
from fireline.assess.follow_ups.plans import Plans
from fireline.assess.new_index import computed, create, there
from fireline.assess.predicates import CONTAINING
from fireline.assess.quoting import ident
from fireline.assess.reasons import MISSING, Reason, reasons
from fireline.assess.scans import column_of
from fireline.assess.slow import felt
from fireline.assess.slowness import (
    COMPLAINTS,
    EXPLAINS,
    FAMILY,
    NEEDS,
    grouped,
    scanned,
    seen,
    severity,
    size,
    spelled,
    twins,
    weight,
)
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Evidence, Probe, Verdict

LABEL = MISSING
_WEIGHTY = 0.3  # of the time of all statements


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each column that wants an index."""
    found = [one for one in reasons(snapshot, LABEL) if _sure(snapshot, one)]
    return tuple(_verdict(snapshot, group) for group in grouped(found))


def _sure(snapshot: Snapshot, one: Reason) -> bool:
    """Nobody complains and nothing tells how many rows the condition picks: then only what weighs heavily is named.

    Where the planner was asked, and would not use the index either, that is that.
    """
    plans = snapshot.last("plans", Plans)
    if plans and plans.useless(one.scan.slow.text):
        return False
    known = one.condition.fraction is not None or one.scan.slow.session is not None
    return felt(snapshot) or known or (one.condition.predicate.equal and one.scan.slow.share >= _WEIGHTY)


def _verdict(snapshot: Snapshot, group: list[Reason]) -> Verdict:
    first = group[0]
    scan, condition = first.scan, first.condition
    slows = [one.scan.slow for one in group]
    keys, columns = _keys(snapshot, first)
    method = "gin" if condition.predicate.operator in CONTAINING else "btree"
    asked = "an expression of it" if condition.wrap else "it"
    return Verdict(
        cause=LABEL,
        title=f"No index begins with {spelled(first)}, and statements that ask by {asked} read the whole table.",
        severity=severity(snapshot, slows),
        confidence=0.95 if condition.fraction is not None and scan.slow.statement else 0.75,
        objects=(spelled(first),),
        evidence=(
            *(seen(one) for one in slows[:3]),
            size(scan),
            Evidence("pg_index", f"no index of {scan.table.path} begins with {condition.column.name}"),
            *scanned(scan.table),
            *proven(snapshot, scan.slow.text),
        ),
        explains=EXPLAINS,
        rejected=twins(snapshot, first),
        remedy=create(snapshot, scan.table, keys, columns, why="Make the index.", method=method),
        probe=_probe(snapshot, first, method),
        hurt=weight(slows),
    )


def _keys(snapshot: Snapshot, one: Reason) -> tuple[list[str], list[str]]:
    """What the index is on: the column, then what the statement sorts by when it wants only the first rows."""
    condition, shape, tables = one.condition, one.scan.slow.shape, snapshot.last("tables", Tables)
    name = condition.column.name
    first = f"({condition.wrap.text})" if condition.wrap else ident(name)
    keys, columns = [first], [name]
    if shape.limited and shape.sorts and condition.predicate.operator == "=" and tables:
        names, column, down = shape.sorts[0]
        place = column_of(names, column, tables)
        if place and place[0].oid == one.scan.table.oid and column != name:
            keys.append(ident(column) + (" DESC" if down else ""))
            columns.append(column)
    return keys, columns


def _probe(snapshot: Snapshot, one: Reason, method: str) -> Probe:
    indexes = snapshot.last("indexes", Indexes)
    if (one.condition.wrap or method != "btree") and indexes:
        table = one.scan.table
        return computed(table, one.condition.column.number, indexes.of(table.oid), "" if one.condition.wrap else method)
    return there(one.scan.table, one.condition.column.name)


def proven(snapshot: Snapshot, text: str) -> tuple[Evidence, ...]:
    """What the planner says of the statement, where it was asked."""
    plans = snapshot.last("plans", Plans)
    return plans.facts(text) if plans else ()


cause = Cause(LABEL, FAMILY, judge, NEEDS, COMPLAINTS)
