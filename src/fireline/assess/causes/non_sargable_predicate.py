"""A statement makes something of the column before it compares, so that the index on the column is of no use."""

from __future__ import annotations

from fireline.assess.checks.indexes import Indexes
from fireline.assess.expressions import indexable, rewritten, with_constants
from fireline.assess.forgetting import forget, forgotten
from fireline.assess.new_index import computed, create
from fireline.assess.reasons import WRAPPED, Reason, reasons
from fireline.assess.slowness import (
    COMPLAINTS,
    EXPLAINS,
    FAMILY,
    NEEDS,
    grouped,
    seen,
    severity,
    size,
    spelled,
    twins,
    weight,
)
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = WRAPPED


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each column that is hidden from its index."""
    return tuple(_verdict(snapshot, group) for group in grouped(reasons(snapshot, LABEL)))


def _verdict(snapshot: Snapshot, group: list[Reason]) -> Verdict:
    first = group[0]
    wrap, plain = first.condition.wrap, first.condition.plain[0]
    assert wrap is not None
    slows = [one.scan.slow for one in group]
    remedy, probe = _cure(snapshot, group)
    return Verdict(
        cause=LABEL,
        title=f"Statements compare {_shown(wrap.text)} instead of {spelled(first)}, which its index can not serve.",
        severity=severity(snapshot, slows),
        confidence=0.95,
        objects=(spelled(first), plain.path),
        evidence=(
            *(seen(one) for one in slows[:3]),
            Evidence("the statement", f"it compares {_shown(wrap.text)}"),
            Evidence("pg_index", f"{plain.name} is valid and begins with {first.condition.column.name} as it is"),
            size(first.scan),
        ),
        explains=EXPLAINS,
        rejected=twins(snapshot, first),
        remedy=remedy,
        probe=probe,
        hurt=weight(slows),
    )


def _shown(text: str) -> str:
    return text or "an expression of it"


def _cure(snapshot: Snapshot, group: list[Reason]) -> tuple[Cure, Probe]:
    """An index on the expression where there can be one; else the statement is to be written anew."""
    first = group[0]
    table, column, indexes = first.scan.table, first.condition.column, snapshot.last("indexes", Indexes)
    advice = rewritten(first.condition)
    expression = with_constants(snapshot, first)
    if indexable(first.condition) and expression and indexes:
        why = f"Make an index on the expression{', or ' + advice if advice else ''}."
        cure = create(snapshot, table, [f"({expression})"], [column.name, "expr"], why=why)
        return cure, computed(table, column.number, indexes.of(table.oid))
    slows = [one.scan.slow for one in group]
    text = f"Write the statement anew{': ' + advice if advice else ', so that the column stands alone on its side'}."
    return forget(snapshot, slows, text), forgotten(snapshot, slows)


cause = Cause(LABEL, FAMILY, judge, NEEDS, COMPLAINTS)
