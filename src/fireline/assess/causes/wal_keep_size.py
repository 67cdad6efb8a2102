"""A setting keeps log for standbys that may come: pg_wal is large, and nothing is wrong but the number."""

from __future__ import annotations

from fireline.assess.checks.wal import Wal
from fireline.assess.log_kept import (
    ASKED,
    archiver_fails,
    folder,
    idle_slots,
    keeps,
    megabytes,
    not_archiver,
    not_slots,
    severity,
    size,
)
from fireline.assess.origin import gone, in_order, origins
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "wal_keep_size"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """wal_keep_size is set, and neither a slot that wants more nor the archiver keeps the log.

    Many teams set it with reason: it is blamed when somebody complains of the log or the disk, or when it keeps more than
    checkpoints ever would and no standby is there to want it.
    """
    wal, found = snapshot.last("wal", Wal), origins(snapshot, LABEL)
    keep, most = megabytes(snapshot, LABEL), megabytes(snapshot, "max_wal_size", 1024)
    if wal is None or not found or not keep or archiver_fails(snapshot):
        return ()
    if any(keeps(snapshot, one) and (one.retained or 0) >= keep for one in idle_slots(snapshot)):
        return ()  # the setting is the lesser of two that keep the same log
    past = wal.past or 0
    wasteful = keep > most and past > most and not _wanted(snapshot, wal)
    return (_verdict(snapshot, wal, keep),) if wasteful or snapshot.complaint.about(*ASKED) else ()


def _wanted(snapshot: Snapshot, wal: Wal) -> bool:
    """Whether a standby is connected, or a slot in use."""
    replication = snapshot.readings.get("replication", ())
    return any(slot.active for slot in wal.slots) or bool(replication and replication[-1].standbys)


def _verdict(snapshot: Snapshot, wal: Wal, keep: int) -> Verdict:
    found = origins(snapshot, LABEL)
    kept = (
        ()
        if wal.past is None
        else (Evidence("pg_ls_waldir", f"{size(wal.past)} of it are older than a crash would need"),)
    )
    return Verdict(
        cause=LABEL,
        title="The setting wal_keep_size keeps write-ahead log that nobody asks for.",
        severity="medium" if severity(snapshot, 0) == "medium" else severity(snapshot, 0),
        confidence=0.9 if wal.past and wal.past > megabytes(snapshot, "max_wal_size", 1024) else 0.7,
        objects=tuple(one.object for one in found),
        evidence=(
            Evidence("pg_settings", f"wal_keep_size is {size(keep)}; its default is 0"),
            *(one.evidence for one in found),
            *folder(snapshot),
            *kept,
        ),
        explains=("pg_wal is large", "the disk fills up"),
        rejected=(
            not_slots(snapshot),
            not_archiver(snapshot),
            Rejected(
                "checkpoints_forced_max_wal", f"max_wal_size is {size(megabytes(snapshot, 'max_wal_size', 1024))}"
            ),
        ),
        remedy=Cure(
            text="Take the setting back; the log goes with the next checkpoint. A standby without a slot that is behind by then"
            " has to be copied anew: give each standby a slot, and limit it with max_slot_wal_keep_size.",
            sql=(*in_order(sql for one in found for sql in one.takes_back("0")), "CHECKPOINT"),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "storage", judge, ("wal", "settings"), ("wal", "disk"))
