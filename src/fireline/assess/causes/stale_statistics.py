"""The planner reckons with figures of a table as it once was, and so picks a plan that no longer fits."""

# ruff: noqa: S608 - names go into these texts as SQL literals
from __future__ import annotations

from fireline.assess.misled import Misled, misled
from fireline.assess.quoting import literal, qualified
from fireline.assess.reasons import STALE, stale
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, NEEDS, seen, severity, twins, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = STALE


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each table whose old figures slow a statement."""
    return tuple(_verdict(snapshot, one) for one in misled(snapshot))


def _verdict(snapshot: Snapshot, one: Misled) -> Verdict:
    name = qualified(one.table.schema, one.table.name)
    return Verdict(
        cause=LABEL,
        title=f"The planner's figures of {name} are old, and mislead it.",
        severity=severity(snapshot, one.slows),
        confidence=0.9 if one.reason else 0.75,
        objects=(name,),
        evidence=(
            *(Evidence("pg_stat_all_tables", fact) for fact in stale(snapshot, one.table)),
            *(seen(slow) for slow in one.slows[:3]),
            *((Evidence("pg_index", f"{one.index.name} is valid, and would serve it"),) if one.index else ()),
        ),
        explains=("a plan turned bad all of a sudden", *EXPLAINS),
        rejected=one.rejected if one.reason is None else twins(snapshot, one.reason),
        remedy=Cure(
            text="Have it counted anew. ANALYZE reads a sample, and keeps nobody from reading or writing."
            " Then see why autovacuum did not do it: it may be off for the table, or not keep up.",
            sql=(f"ANALYZE {name}",),
            level="reversible",
        ),
        probe=Probe(
            "SELECT s.relname FROM pg_stat_all_tables s"
            f" WHERE s.schemaname = {literal(one.table.schema)} AND s.relname = {literal(one.table.name)}"
            f" AND greatest(s.last_analyze, s.last_autoanalyze) > {literal(_moment(snapshot))}::timestamptz",
            "rows = 1",
        ),
        hurt=weight(one.slows),
    )


def _moment(snapshot: Snapshot) -> str:
    """When this was seen, by the server's clock."""
    return (snapshot.locks[-1].at if snapshot.locks else snapshot.taken_at).isoformat()


cause = Cause(LABEL, FAMILY, judge, NEEDS, COMPLAINTS)
