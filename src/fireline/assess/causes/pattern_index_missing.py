"""A statement compares a column with a pattern, and no index on it is made for that: each call reads the whole table."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks.indexes import Indexes
from fireline.assess.new_index import computed, create, of_class
from fireline.assess.quoting import ident
from fireline.assess.reasons import MISSING, PATTERN, Reason, reasons
from fireline.assess.slow import felt
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
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = PATTERN
_TRIGRAMS = "gin_trgm_ops"
_WEIGHTY = 0.3  # of the time of all statements


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each column that is searched by patterns."""
    found = [one for one in reasons(snapshot, LABEL) if _sure(snapshot, one)]
    return tuple(_verdict(snapshot, group) for group in grouped(found))


def _sure(snapshot: Snapshot, one: Reason) -> bool:
    known = one.condition.fraction is not None or one.scan.slow.session is not None
    return felt(snapshot) or known or one.scan.slow.share >= _WEIGHTY


def _verdict(snapshot: Snapshot, group: list[Reason]) -> Verdict:
    first = group[0]
    slows, plain = [one.scan.slow for one in group], first.condition.plain
    remedy, probe = _cure(snapshot, first)
    there = f"{plain[0].name} begins with it, and sorts by a language" if plain else "no index begins with it"
    return Verdict(
        cause=LABEL,
        title=f"Statements search {spelled(first)} by a pattern, and no index is made for that.",
        severity=severity(snapshot, slows),
        confidence=0.9 if first.condition.fraction is not None else 0.75,
        objects=(spelled(first),),
        evidence=(
            *(seen(one) for one in slows[:3]),
            Evidence(
                "the statement",
                f"it compares {first.condition.column.name} by {first.condition.predicate.operator.upper()}",
            ),
            Evidence("pg_index", there),
            size(first.scan),
        ),
        explains=("searching is slow", *EXPLAINS),
        rejected=(
            Rejected(MISSING, f"an ordinary index on {spelled(first)} does not serve a pattern"),
            *twins(snapshot, first),
        ),
        remedy=remedy,
        probe=probe,
        hurt=weight(slows),
    )


def _cure(snapshot: Snapshot, one: Reason) -> tuple[Cure, Probe]:
    """An index that begins like the pattern, where that is known to begin with letters; else one of trigrams."""
    table, column, predicate = one.scan.table, one.condition.column, one.condition.predicate
    known = predicate.value
    if predicate.operator == "like" and known and known[0] not in "%_\\" and not one.condition.wrap:
        cure = create(
            snapshot,
            table,
            [f"{ident(column.name)} text_pattern_ops"],
            [column.name, "pattern"],
            why="Make an index by letters.",
        )
        return cure, of_class(table, column.number, "text_pattern_ops")
    text = one.condition.wrap.text if one.condition.wrap else ident(column.name)
    why = "Make an index of trigrams, which serves patterns of three letters and more."
    cure = create(snapshot, table, [f"({text}) {_TRIGRAMS}"], [column.name, "trgm"], why=why, method="gin")
    cure = replace(cure, sql=("CREATE EXTENSION IF NOT EXISTS pg_trgm", *cure.sql))
    indexes = snapshot.last("indexes", Indexes)
    if one.condition.wrap and indexes:
        return cure, computed(table, column.number, indexes.of(table.oid))
    return cure, of_class(table, column.number, _TRIGRAMS)


cause = Cause(LABEL, FAMILY, judge, NEEDS, COMPLAINTS)
