"""A replication slot that nobody uses keeps old row versions: mostly of the catalogs, where a logical slot needs them."""

from __future__ import annotations

from fireline.assess.checks.horizon import Holder, Horizon
from fireline.assess.checks.wal import Slot, Wal
from fireline.assess.held_back import (
    Kept,
    facts,
    holders,
    of_dead_rows,
    pressed,
    severity,
    slot_keeps,
    twins,
    vacuumed_in_vain,
)
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "xmin_held_by_slot"
MANY = 1_000_000  # transactions: so far back, though no dead row is seen yet


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The inactive slot furthest back; without dead rows left by a vacuum, only when asked, or far behind."""
    asked = of_dead_rows(snapshot)
    found = [one for one in holders(snapshot, "slot") if one.state == "inactive"]
    if not found or (pressed(snapshot) and not asked):
        return ()
    one = found[0]
    left = slot_keeps(snapshot, one)
    return (_verdict(snapshot, one, left),) if left or asked or one.oldest >= MANY else ()


def _verdict(snapshot: Snapshot, one: Holder, left: list[Kept]) -> Verdict:
    horizon, wal = snapshot.last("horizon", Horizon), snapshot.last("wal", Wal)
    slot = next((each for each in wal.slots if each.name == one.name), None) if wal else None
    what = "rows" if one.age is not None else "rows of the system catalogs"
    return Verdict(
        cause=LABEL,
        title=f"The replication slot {one.name}, which nobody uses, keeps vacuum from removing dead {what}.",
        severity=severity(left),
        confidence=0.95 if left else 0.7,
        objects=(f"slot {one.name}", *(each.name for each in left[:5])),
        evidence=(_fact(one), *facts(left), *_log(slot)),
        explains=(
            "catalogs and tables grow though vacuum runs",
            "connecting and planning become slower",
            "pg_wal grows",
        ),
        rejected=(
            *(twins(snapshot, one, "slot") if horizon else ()),
            vacuumed_in_vain(left),
            Rejected("archiver_failing", _archiver(wal)),
        ),
        remedy=Cure(
            text=f"If no consumer needs {one.name} any more, drop it; a consumer that comes back after that must begin anew from"
            " a full copy. If one does, start it, and it catches up. Then vacuum. Set max_slot_wal_keep_size as a limit.",
            sql=(
                f"SELECT pg_drop_replication_slot({literal(one.name)})",
                *(f"VACUUM (ANALYZE) {each.name}" for each in left[:5]),
            ),
            level="destructive",
        ),
        probe=Probe(
            f"SELECT slot_name FROM pg_replication_slots WHERE slot_name = {literal(one.name)} AND NOT active",  # noqa: S608 - a literal
            "rows = 0",
        ),
    )


def _fact(one: Holder) -> Evidence:
    kind = "all rows" if one.age is not None else "the catalogs"
    return Evidence(
        "pg_replication_slots",
        f"{one.name} ({one.application}) is inactive and holds back {one.oldest} transactions of {kind}",
    )


def _log(slot: Slot | None) -> tuple[Evidence, ...]:
    if slot is None or slot.retained is None:
        return ()
    return (Evidence("pg_replication_slots", f"it also keeps {slot.retained // 2**20} MB of the log"),)


def _archiver(wal: Wal | None) -> str:
    failed = wal.archiver.failed if wal else 0
    return (
        f"the archiver failed {failed} times, and has nothing to do with dead rows"
        if failed
        else "the archiver has not failed"
    )


cause = Cause(LABEL, "storage", judge, ("horizon", "tables", "wal"), ("bloat", "slow"))
