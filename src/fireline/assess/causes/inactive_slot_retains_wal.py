"""A replication slot that nobody uses keeps all log since its consumer went away: pg_wal grows until the disk is full."""

from __future__ import annotations

from fireline.assess.checks.horizon import Horizon
from fireline.assess.checks.wal import Slot, Wal
from fireline.assess.held_back import slot_keeps
from fireline.assess.log_kept import ASKED, folder, idle_slots, keeps, not_archiver, not_keep_size, severity, size
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "inactive_slot_retains_wal"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every unused slot that keeps much log; not one whose worse harm is the dead rows that it keeps."""
    asked = snapshot.complaint.about(*ASKED)
    wal = snapshot.last("wal", Wal)
    found = [one for one in idle_slots(snapshot) if keeps(snapshot, one) and (asked or not _bloats(snapshot, one))]
    return tuple(_verdict(snapshot, wal, one) for one in found[:5]) if wal else ()


def _bloats(snapshot: Snapshot, slot: Slot) -> bool:
    horizon = snapshot.last("horizon", Horizon)
    held = [one for one in horizon.holders if one.kind == "slot" and one.name == slot.name] if horizon else []
    return any(slot_keeps(snapshot, one) for one in held)


def _verdict(snapshot: Snapshot, wal: Wal, slot: Slot) -> Verdict:
    kept = slot.retained or 0
    since = f" for {span(age(wal.at, slot.inactive_since))}" if slot.inactive_since else ""
    what = f"{slot.kind}{f', {slot.plugin} in {slot.database}' if slot.plugin else ''}"
    limit = "" if slot.safe_bytes is None else f"; max_slot_wal_keep_size ends it after {size(slot.safe_bytes)} more"
    return Verdict(
        cause=LABEL,
        title=f"The replication slot {slot.name}, which nobody uses, keeps write-ahead log from being removed.",
        severity=severity(snapshot, kept),
        confidence=0.95,
        objects=(f"slot {slot.name}",),
        evidence=(
            Evidence(
                "pg_replication_slots", f"{slot.name} ({what}) is inactive{since} and keeps {size(kept)} of log{limit}"
            ),
            *folder(snapshot),
        ),
        explains=("pg_wal grows", "the disk fills up"),
        rejected=(
            not_archiver(snapshot),
            not_keep_size(snapshot),
            Rejected("xmin_held_by_slot", _horizon(slot)),
            Rejected(
                "checkpoints_forced_max_wal",
                f"{size(kept)} are older than what the slot still wants, whatever checkpoints do",
            ),
        ),
        remedy=Cure(
            text=f"If no consumer needs {slot.name} any more, drop it; one that comes back after that must begin anew from a full"
            " copy. If one does, start it: it catches up, and the log goes with the next checkpoints. Then set"
            " max_slot_wal_keep_size, so that a lost consumer can not fill the disk.",
            sql=(f"SELECT pg_drop_replication_slot({literal(slot.name)})", "CHECKPOINT"),
            level="destructive",
        ),
        probe=Probe(
            f"SELECT slot_name FROM pg_replication_slots WHERE slot_name = {literal(slot.name)} AND NOT active",  # noqa: S608 - a literal
            "rows = 0",
        ),
    )


def _horizon(slot: Slot) -> str:
    held = max(slot.xmin_age or 0, slot.catalog_xmin_age or 0)
    return (
        f"it holds back {held} transactions, and no dead rows are seen to stay because of it"
        if held
        else "it holds back no dead rows"
    )


cause = Cause(LABEL, "storage", judge, ("wal",), ("wal", "disk"))
