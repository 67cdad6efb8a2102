"""What keeps write-ahead log, as several causes weigh it: slots, the archiver, a setting; and how much room there is. Pure."""

from __future__ import annotations

from fireline.assess.checks.settings import Settings
from fireline.assess.checks.space import Space
from fireline.assess.checks.wal import Slot, Wal
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Evidence, Rejected, Severity
from fireline.postgres.disk import Room

ASKED = ("wal", "disk")
MB = 2**20
SEGMENT = 16 * MB
WORTH_A_WORD = 64 * MB  # kept for a slot that nobody uses
_FULL, _NEARLY = 0.05, 0.1


def size(count: int) -> str:
    """Bytes in words: 640 MB, 3.2 GB."""
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{max(count // MB, 0)} MB"


def megabytes(snapshot: Snapshot, name: str, default: float = 0) -> int:
    """A setting in megabytes, as bytes."""
    settings = snapshot.last("settings", Settings)
    return int((settings.number(name, default) if settings else default) * MB)


def idle_slots(snapshot: Snapshot) -> list[Slot]:
    """Slots that nobody uses and that keep log, the one that keeps most first."""
    wal = snapshot.last("wal", Wal)
    found = [
        one
        for one in (wal.slots if wal else ())
        if not one.active
        and not one.temporary
        and one.retained is not None
        and one.status != "lost"
        and not one.invalid
    ]
    return sorted(found, key=lambda one: -(one.retained or 0))


def keeps(snapshot: Snapshot, slot: Slot) -> bool:
    """Whether a slot that nobody uses keeps more than a word is worth; asked about the log or the disk, any at all."""
    least = SEGMENT if snapshot.complaint.about(*ASKED) else WORTH_A_WORD
    return (slot.retained or 0) >= least


def archiver_fails(snapshot: Snapshot) -> bool:
    """Whether the newest thing the archiver did was to fail, and it is still wanted."""
    wal = snapshot.last("wal", Wal)
    if wal is None or not archives(snapshot):
        return False
    failed, done = wal.archiver.failed_at, wal.archiver.archived_at
    return failed is not None and (done is None or failed > done)


def archives(snapshot: Snapshot) -> bool:
    """Whether log is archived at all."""
    settings = snapshot.last("settings", Settings)
    return settings is not None and settings.value("archive_mode", "off") != "off"


def room(snapshot: Snapshot) -> Room | None:
    """The file system of the log, where this machine can tell."""
    space = snapshot.last("space", Space)
    return space.wal if space else None


def short(found: Room | None) -> bool:
    """Whether a file system is all but full."""
    return found is not None and (found.free < _FULL * found.total or found.files_free == 0)


def fills(snapshot: Snapshot) -> str | None:
    """The cause that has filled the file system of the log: what keeps a good part of it."""
    found, wal = room(snapshot), snapshot.last("wal", Wal)
    if found is None or wal is None:
        return None
    slots = idle_slots(snapshot)
    if slots and (slots[0].retained or 0) >= _NEARLY * 2 * found.total:
        return "inactive_slot_retains_wal"
    if archiver_fails(snapshot) and (wal.size or 0) >= _NEARLY * 2 * found.total:
        return "archiver_failing"
    return None


def severity(snapshot: Snapshot, kept: int) -> Severity:
    """How bad: the server stops when this file system is full."""
    found = room(snapshot)
    if found is not None and found.free < _NEARLY * found.total:
        return "critical"
    if snapshot.complaint.about(*ASKED) or kept >= max(megabytes(snapshot, "max_wal_size", 1024), 1):
        return "high"
    return "medium"


def folder(snapshot: Snapshot) -> tuple[Evidence, ...]:
    """How large pg_wal is, and the room left."""
    wal, found = snapshot.last("wal", Wal), room(snapshot)
    told = []
    if wal and wal.size is not None:
        told.append(Evidence("pg_ls_waldir", f"pg_wal holds {wal.files} files, {size(wal.size)}"))
    if found:
        told.append(Evidence("statvfs", f"{size(found.free)} of {size(found.total)} are free where pg_wal lies"))
    return tuple(told)


def not_slots(snapshot: Snapshot) -> Rejected:
    """The fact that no unused slot keeps log."""
    slots = idle_slots(snapshot)
    fact = (
        f"the unused slot {slots[0].name} keeps only {size(slots[0].retained or 0)}" if slots else "no slot is unused"
    )
    return Rejected("inactive_slot_retains_wal", fact)


def not_archiver(snapshot: Snapshot) -> Rejected:
    """The fact that the archiver works, or is not used."""
    wal = snapshot.last("wal", Wal)
    if not archives(snapshot):
        fact = "archive_mode is off"
    elif archiver_fails(snapshot):
        fact = "the archiver fails too, and is named for itself"
    elif wal and wal.archiver.archived_at:
        fact = f"the archiver works: {wal.archiver.last_archived} was archived at {wal.archiver.archived_at:%H:%M:%S}"
    else:
        fact = "the archiver has not failed"
    return Rejected("archiver_failing", fact)


def not_keep_size(snapshot: Snapshot) -> Rejected:
    """The fact that no setting keeps log."""
    keep = megabytes(snapshot, "wal_keep_size")
    return Rejected("wal_keep_size", f"wal_keep_size is {size(keep)}" if keep else "wal_keep_size is 0")
