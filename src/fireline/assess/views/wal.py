"""The write-ahead log: how much there is, how fast it grows, the archiver, checkpoints."""

from __future__ import annotations

from fireline.assess.checks.wal import Wal
from fireline.assess.headroom import wal_rate
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The newest sample; the rate is that of the look."""
    wal = snapshot.last("wal", Wal)
    assert wal is not None
    rate, archiver, checkpoints = wal_rate(snapshot), wal.archiver, wal.checkpoints
    facts = [f"{wal.files} files, {wal.size / 2**30:.2f} GB" if wal.size is not None else "the folder is not shown to our role"]  # fmt: skip
    if rate is not None:
        facts.append(f"{rate / 2**20:.2f} MB a second during the look")
    if wal.ready:
        facts.append(f"{wal.ready} files wait to be archived")
    archived = {
        "archived": archiver.archived,
        "archived_at": archiver.archived_at,
        "failed": archiver.failed,
        "failed_at": archiver.failed_at,
        "last_failed": archiver.last_failed,
    }
    made = {
        "timed": checkpoints.timed,
        "requested": checkpoints.requested,
        "write_ms": round(checkpoints.write_ms),
        "sync_ms": round(checkpoints.sync_ms),
        "counted_since_at": checkpoints.stats_reset,
    }
    return Shown(tuple(facts), (Section("Archiver", (archived,)), Section("Checkpoints", (made,))))


view = View("wal", "Size and growth of the log, archiver, checkpoints", ("wal",), show)
