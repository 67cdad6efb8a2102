"""Indexes that the planner may not use: which they are, what suffers from it, how they are mended. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fireline.assess.checks.indexes import Index, Indexes
from fireline.assess.new_index import GENTLE, valid
from fireline.assess.quoting import qualified
from fireline.assess.reasons import FAILED, INVALID, MISSING, WRAPPED, Reason, reasons
from fireline.assess.slow import felt
from fireline.assess.slowness import EXPLAINS, seen, severity, size, twins, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cure, Evidence, Rejected, Severity, Verdict


@dataclass(frozen=True)
class Broken:
    """One such index, another that holds the same and works, and the slow scans it would spare."""

    index: Index
    twin: Index | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def name(self) -> str:
        """As SQL."""
        return qualified(self.index.schema, self.index.name)

    @property
    def flags(self) -> Evidence:
        """The fact."""
        index = self.index
        told = [f"indis{word} is {'true' if state else 'false'}" for word, state in (("valid", index.valid), ("ready", index.ready), ("live", index.live))]  # fmt: skip
        return Evidence("pg_index", f"{index.path} on {index.table_name}: {', '.join(told)}")


def broken(snapshot: Snapshot, label: str) -> Iterator[Broken]:
    """Those that this label is for: half built, or built and not proved to be whole. One that is being built is neither."""
    seen_indexes = snapshot.last("indexes", Indexes)
    if seen_indexes is None:
        return
    suffering = reasons(snapshot, label)
    for index in seen_indexes.indexes:
        if index.usable or index.building or index.kind == "I":
            continue
        if (FAILED if not index.ready or not index.live else INVALID) == label:
            twin = next((one for one in seen_indexes.of(index.table) if one.usable and one.same_as(index)), None)
            mine = tuple(one for one in suffering if index in one.condition.broken)
            yield Broken(index, twin, mine)


def verdict(snapshot: Snapshot, one: Broken, *, label: str, title: str, cure: Callable[[Broken], Cure]) -> Verdict:
    """What both labels say of an index."""
    slows = [reason.scan.slow for reason in one.reasons]
    bad: Severity = severity(snapshot, slows) if slows else "medium" if felt(snapshot) and not one.twin else "low"
    return Verdict(
        cause=label,
        title=title,
        severity=bad,
        confidence=0.97 if slows else 0.9,
        objects=(one.name,),
        evidence=(
            one.flags,
            Evidence("pg_stat_progress_create_index", "nobody is building it now"),
            *(seen(slow) for slow in slows[:3]),
            *((size(one.reasons[0].scan),) if one.reasons else ()),
            *((Evidence("pg_index", f"{one.twin.name} holds the same, and is valid"),) if one.twin else ()),
        ),
        explains=(*EXPLAINS, "writes pay for an index that nothing reads") if not one.reasons else EXPLAINS,
        rejected=_rejected(snapshot, one, label),
        remedy=cure(one),
        probe=valid(one.index),
        hurt=weight(slows),
    )


def _rejected(snapshot: Snapshot, one: Broken, label: str) -> tuple[Rejected, ...]:
    index = one.index
    other = (
        Rejected(FAILED, f"{index.name} is ready: it takes every write")
        if label == INVALID
        else Rejected(INVALID, f"{index.name} is not even ready: it lacks what was written meanwhile")
    )
    if one.reasons:
        rest = tuple(kept for kept in twins(snapshot, one.reasons[0]) if kept.cause not in (INVALID, FAILED))
        return (other, *rest)
    there = f"{index.name} is there for {index.table_name}: a second one would be one too many"
    return (other, Rejected(MISSING, there), Rejected(WRAPPED, f"no plan may use {index.name}, whatever the condition"))


def rebuilt(one: Broken) -> Cure:
    """Build it anew; where another holds the same, only take it away."""
    if one.twin is not None and not one.index.constraint:
        return Cure(
            text=f"Take it away: {one.twin.name} does its work. It is what a REINDEX CONCURRENTLY left behind that did not end well.",
            sql=(f"DROP INDEX CONCURRENTLY {one.name}",),
        )
    unique = " As it is unique, it fails again while rows break that: find them first." if one.index.unique else ""
    return Cure(text=f"Build it anew. {GENTLE}{unique}", sql=(f"REINDEX INDEX CONCURRENTLY {one.name}",))
