"""Deleting a row, or changing its key, reads through a whole table that refers to it, as that table has no index for it."""

from __future__ import annotations

from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.new_index import create, there
from fireline.assess.quoting import ident
from fireline.assess.reasons import deletes, effective
from fireline.assess.slow import Slow
from fireline.assess.slowness import EXPLAINS, FAMILY, NEEDS, seen, severity, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Evidence, Rejected, Verdict

LABEL = "fk_missing_index"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each foreign key whose columns want an index."""
    found: dict[int, tuple[ForeignKey, list[Slow]]] = {}
    for slow, key in deletes(snapshot):
        found.setdefault(key.oid, (key, []))[1].append(slow)
    tables = snapshot.last("tables", Tables)
    known = [(key, slows, tables.by_oid.get(key.child_oid)) for key, slows in found.values()] if tables else []
    return tuple(_verdict(snapshot, key, slows, child) for key, slows, child in known if child)


def _verdict(snapshot: Snapshot, key: ForeignKey, slows: list[Slow], child: Table) -> Verdict:
    columns = listed(list(key.columns), 5)
    return Verdict(
        cause=LABEL,
        title=f"Deleting from {key.parent} reads all of {key.child} each time: no index begins with {columns}.",
        severity=severity(snapshot, slows),
        confidence=0.95 if any(one.statement for one in slows) else 0.8,
        objects=(f"{key.child} ({columns})",),
        evidence=(
            *(seen(one) for one in slows[:3]),
            Evidence("pg_constraint", f"{key.name}: {key.child} ({columns}) refers to {key.parent}"),
            Evidence("pg_index", f"no valid index of {key.child} begins with {columns}"),
            Evidence("pg_class", f"{key.child} has {max(key.child_size.pages, child.blocks):,} pages"),
        ),
        explains=("deletes are slow", "updates of a key are slow", *EXPLAINS),
        rejected=_rejected(snapshot, key, slows[0]),
        remedy=create(snapshot, child, [ident(one) for one in key.columns], list(key.columns), why="Make the index."),
        probe=there(child, key.columns[0]),
        hurt=weight(slows),
    )


def _rejected(snapshot: Snapshot, key: ForeignKey, slow: Slow) -> tuple[Rejected, ...]:
    waiting = snapshot.locks[-1].blocked if snapshot.locks else {}
    facts = [
        Rejected(
            "missing_index", f"the rows of {key.parent} are found by an index; the blocks are those of {key.child}"
        ),
        Rejected("slow_trigger", f"it is the check of {key.name} that reads {key.child}"),
    ]
    if not waiting:
        facts.append(Rejected("idle_in_tx_row_lock", "nobody waits for a lock"))
    if not effective(snapshot, slow.user):
        facts.append(Rejected("planner_guc_disabled", f"no planner setting of {slow.user} differs from the default"))
    return tuple(facts)


cause = Cause(LABEL, FAMILY, judge, (*NEEDS, "foreign_keys"), ("slow", "slow_writes", "timeout", "hang", "stalls"))
