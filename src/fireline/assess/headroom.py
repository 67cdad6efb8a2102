"""How far the end is: room, log, transaction ids, sequences; as time to failure where the rate is known. Pure."""

from __future__ import annotations

from fireline.assess.checks.databases import Databases
from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.space import Space
from fireline.assess.checks.wal import Slot, Wal
from fireline.assess.ramp import Ramp, Symptom, ramp, taken
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import span

_DAY = 86400.0
SOON, FAR = 1 * _DAY, 30 * _DAY  # time to failure: the whole weight, nothing
XIDS = 2**31 - 3_000_000  # transactions until the server stops writing
_ROOMY = 100 * 2**30  # bytes free; more than that is no trouble, whatever the share


def _age(snapshot: Snapshot) -> tuple[Symptom, ...]:
    """How near the transaction ids are to their end; below the limit where vacuum takes care of it, it means nothing."""
    databases, settings = snapshot.last("databases", Databases), snapshot.last("settings", Settings)
    if databases is None or settings is None or not databases.all:
        return ()
    oldest = max(databases.all.values(), key=lambda one: one.frozen_age)
    freeze = settings.number("autovacuum_freeze_max_age", 200_000_000)
    if oldest.frozen_age <= freeze * 1.1:
        return ()
    left = XIDS - oldest.frozen_age
    since = databases.here.stats_reset or databases.started if databases.here else databases.started
    spent = sum((one.commits or 0) + (one.rollbacks or 0) for one in databases.all.values())
    seconds = (databases.at - since).total_seconds() if since else 0
    degree, when = ramp(oldest.frozen_age / 2**31, 0.40, 0.90), ""
    if seconds > _DAY and spent:
        time = left / (spent / seconds)
        degree, when = max(degree, ramp(time, FAR, SOON)), f", about {span(time)} at the average rate"
    because = f"database {oldest.name}: {oldest.frozen_age:,} transactions old, {max(left, 0):,} left{when}"
    return taken("headroom", 800, degree, because, "storage")


def wal_rate(snapshot: Snapshot) -> float | None:
    """Bytes of log a second between the samples; None when that is not known."""
    seen = snapshot.all("wal", Wal)
    seconds = (seen[-1].at - seen[0].at).total_seconds() if len(seen) > 1 else 0
    return (seen[-1].position - seen[0].position) / seconds if seconds > 0 else None


def _slots(snapshot: Snapshot) -> tuple[Symptom, ...]:
    """Log that slots keep, by the time until it ends them or fills the disk."""
    wal, space, settings = (
        snapshot.last("wal", Wal), snapshot.last("space", Space), snapshot.last("settings", Settings)
    )  # fmt: skip
    if wal is None:
        return ()
    usual = 2 * settings.number("max_wal_size", 1024) * 2**20 if settings else 2**31
    free = space.wal.free if space and space.wal else None
    found: tuple[Symptom, ...] = ()
    for slot in wal.slots:
        if slot.retained is None or slot.retained <= usual:
            continue
        degree, words = _end_of(slot, free, wal_rate(snapshot), usual)
        because = f"slot {slot.name} keeps {slot.retained / 2**30:.1f} GB of log{words}"
        found += taken("headroom", 500, degree, because, "storage")
    return found


def _end_of(slot: Slot, free: int | None, rate: float | None, usual: float) -> tuple[float, str]:
    kept = slot.retained or 0
    room = slot.safe_bytes if slot.safe_bytes is not None else free
    if room is None:
        return ramp(kept, usual, 10 * usual) * 0.4, ""
    share = ramp(kept / (kept + max(room, 0)), 0.30, 0.90)
    if slot.active or not rate or rate <= 0:
        return share, ""
    time = max(room, 0) / rate
    what = "it is lost" if slot.safe_bytes is not None else "the disk is full"
    return max(share, ramp(time, FAR / 10, SOON / 24)), f"; at the present rate {what} in {span(time)}"


def _disk(snapshot: Snapshot) -> tuple[Symptom, ...]:
    space = snapshot.last("space", Space)
    if space is None:
        return ()
    rooms = [(f"tablespace {one.name}", one.room) for one in space.tablespaces] + [("the log", space.wal)]
    found: dict[object, Symptom] = {}
    for place, room in rooms:
        if room is None or not room.total or room.free > _ROOMY:
            continue
        share = room.free / room.total
        because = f"{place}: {room.free / 2**30:.1f} GB free, {share:.0%}"
        for symptom in taken("headroom", 800, ramp(share, 0.15, 0.02), because, "storage"):
            found.setdefault((room.total, room.free // 2**24), symptom)  # one file system counts once
    return tuple(found.values())


def used_up(sequence: Sequence) -> float:
    """How much of a sequence is used, 0 to 1; of one that begins anew at its end nothing."""
    if sequence.last is None or sequence.cycles or sequence.most <= sequence.least:
        return 0.0
    end = sequence.most if sequence.step > 0 else sequence.least
    begin = sequence.least if sequence.step > 0 else sequence.most
    return abs(sequence.last - begin) / abs(end - begin)


def _sequences(snapshot: Snapshot) -> tuple[Symptom, ...]:
    reading = snapshot.last("sequences", Sequences)
    used = [(used_up(one), one.path) for one in reading.sequences] if reading else []
    share, name = max(used, default=(0.0, ""))
    because = f"sequence {name} is used up to {share:.0%}"
    return taken("headroom", 500, ramp(share, 0.75, 0.98), because, "integrity", "storage")


RAMPS = (
    Ramp("sequences", "headroom", ("sequences",), _sequences),
    Ramp("transaction ids", "headroom", ("databases", "settings"), _age),
    Ramp("log kept by slots", "headroom", ("wal",), _slots),
    Ramp("room on disk", "headroom", ("space",), _disk),
)
