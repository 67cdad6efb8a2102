"""An old query on a standby, told by its hot_standby_feedback, keeps vacuum on the primary from removing dead rows."""

# ruff: noqa: S608 - only numbers and a literal go into these texts
from __future__ import annotations

from fireline.assess.checks.horizon import Holder
from fireline.assess.held_back import (
    Kept,
    facts,
    holders,
    kept,
    of_dead_rows,
    pressed,
    severity,
    twins,
    vacuumed_in_vain,
)
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "xmin_held_by_standby"
_MANY = 1_000_000  # transactions: so far back, though no dead row is seen yet


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The standby furthest back, if vacuum had to leave dead rows; asked about dead rows, whatever it holds back."""
    asked = of_dead_rows(snapshot)
    found = holders(snapshot, "standby")
    if not found or (pressed(snapshot) and not asked):
        return ()
    one = found[0]
    left = kept(snapshot, None) if one.oldest > 1 else []
    alone = not any(holders(snapshot, kind) for kind in ("session", "prepared"))
    return (
        (_verdict(snapshot, one, left),)
        if (alone and (left or (asked and one.oldest > 1))) or one.oldest >= _MANY
        else ()
    )


def _verdict(snapshot: Snapshot, one: Holder, left: list[Kept]) -> Verdict:
    standby = one.application if one.kind == "standby" else one.name
    return Verdict(
        cause=LABEL,
        title=f"An old query on the standby {standby} keeps vacuum here from removing dead rows.",
        severity=severity(left),
        confidence=0.85 if left else 0.6,
        objects=(f"standby {standby}", *(each.name for each in left[:5])),
        evidence=(
            Evidence(
                "pg_stat_replication" if one.kind == "standby" else "pg_replication_slots",
                f"{standby} ({one.client or 'local'}) says by hot_standby_feedback that it needs rows of {one.oldest} transactions ago",
            ),
            *facts(left),
        ),
        explains=("tables grow though vacuum runs", "queries become slower and slower"),
        rejected=(*twins(snapshot, one, "standby"), vacuumed_in_vain(left)),
        remedy=Cure(
            text=f"On the standby {standby}, not here: end the oldest transaction, as the query shows; only its open read is lost."
            " Then vacuum here. Or switch hot_standby_feedback off there; its long queries may then be cancelled.",
            sql=(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND backend_type = 'client backend'"
                " AND pid <> pg_backend_pid() ORDER BY age(backend_xmin) DESC LIMIT 1",
            ),
            level="reversible",
        ),
        probe=_probe(one),
    )


def _probe(one: Holder) -> Probe:
    """Green when the standby has let go of what it held."""
    if one.kind == "standby":
        return Probe(
            f"SELECT age(backend_xmin) AS age FROM pg_stat_activity WHERE pid = {one.pid} AND age(backend_xmin) >= {one.oldest}",
            "rows = 0",
        )
    where = f"slot_name = {literal(one.name)} AND age(xmin) >= {one.oldest}"
    return Probe(f"SELECT age(xmin) AS age FROM pg_replication_slots WHERE {where}", "rows = 0")


cause = Cause(LABEL, "storage", judge, ("horizon", "tables"), ("bloat", "slow"))
