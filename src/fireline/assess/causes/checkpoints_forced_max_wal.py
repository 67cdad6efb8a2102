"""The log fills up long before the clock asks for a checkpoint: one after the other is forced, and writes stall."""

from __future__ import annotations

from fireline.assess.checks.settings import Settings
from fireline.assess.checks.wal import Wal
from fireline.assess.log_kept import MB, megabytes, not_archiver, not_slots, room, size
from fireline.assess.origin import origins
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "checkpoints_forced_max_wal"
_FEW, _LEAST_SHARE, _MOST_SHARE = 3, 0.25, 1.3  # of max_wal_size: what a forced checkpoint finds written
_OFTEN_SECONDS = 30.0  # as checkpoint_warning has it
_ASKED = ("stalls", "slow_writes", "disk", "wal")
_FACTOR, _LEAST_MB = 4, 1024


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """More checkpoints were asked for than the clock did, and what is written now forces them; or did, when somebody complains."""
    seen, settings = snapshot.all("wal", Wal), snapshot.last("settings", Settings)
    most = megabytes(snapshot, "max_wal_size")
    if not seen or settings is None or not most or seen[-1].standby:
        return ()
    counted = seen[-1].checkpoints
    if counted.requested < _FEW or counted.requested <= counted.timed:
        return ()
    every = interval(seen, most)
    now = every is not None and every < min(_OFTEN_SECONDS, settings.number("checkpoint_timeout", 300) / 2)
    asked = snapshot.complaint.about(*_ASKED) and _by_log(seen[-1], most)
    return (_verdict(snapshot, seen, settings, every),) if now or asked else ()


def _by_log(wal: Wal, most: int) -> bool:
    """Whether so much was written between checkpoints as makes a server with this max_wal_size force them.

    What is written is counted late, and others may ask for checkpoints too.
    """
    if wal.written is None:
        return False
    each = wal.written / (wal.checkpoints.requested + wal.checkpoints.timed)
    return _LEAST_SHARE * most <= each <= _MOST_SHARE * most


def interval(seen: tuple[Wal, ...], most: int) -> float | None:
    """Seconds from one forced checkpoint to the next at the speed of this moment; None when nothing is written."""
    seconds = (seen[-1].at - seen[0].at).total_seconds()
    written = seen[-1].position - seen[0].position
    return most / 2 / (written / seconds) if seconds > 0 and written > 0 else None


def _verdict(snapshot: Snapshot, seen: tuple[Wal, ...], settings: Settings, every: float | None) -> Verdict:
    wal, most = seen[-1], megabytes(snapshot, "max_wal_size")
    counted = wal.checkpoints
    megabytes_now = most // MB
    better = max(_FACTOR * megabytes_now, _LEAST_MB)
    found = origins(snapshot, "max_wal_size")
    undo = found[0].gives_again() if found else ("ALTER SYSTEM RESET max_wal_size", "SELECT pg_reload_conf()")
    speed = (
        (Evidence("pg_current_wal_insert_lsn", f"at the speed of this moment one is forced every {span(every)}"),)
        if every
        else ()
    )
    free = room(snapshot)
    tight = f" Only {size(free.free)} are free there now." if free and free.free < 2 * better * MB else ""
    return Verdict(
        cause=LABEL,
        title="Checkpoints are forced one after the other because max_wal_size is small for what is written.",
        severity="high" if snapshot.complaint.about("stalls", "slow_writes") else "medium",
        confidence=0.9 if every is not None and every < _OFTEN_SECONDS else 0.75,
        objects=("max_wal_size",),
        evidence=(
            Evidence(
                "pg_stat_checkpointer",
                f"{counted.requested} checkpoints were requested, {counted.timed} came by the clock",
            ),
            Evidence(
                "pg_settings",
                f"max_wal_size is {size(most)}, checkpoint_timeout {span(settings.number('checkpoint_timeout', 300))}",
            ),
            *speed,
        ),
        explains=("writes stall now and then", "bursts of input and output"),
        rejected=(
            not_slots(snapshot),
            not_archiver(snapshot),
            Rejected("commit_delay_set", f"commit_delay is {settings.value('commit_delay', '0')}"),
        ),
        remedy=Cure(
            text=f"Raise max_wal_size to {better} MB: pg_wal may grow to about that, and recovery after a crash takes longer.{tight}",
            sql=(f"ALTER SYSTEM SET max_wal_size = {literal(f'{better}MB')}", "SELECT pg_reload_conf()"),
            level="reversible",
            undo=undo,
        ),
        probe=Probe(
            "SELECT setting::bigint AS mb FROM pg_settings WHERE name = 'max_wal_size'", f"mb > {megabytes_now}"
        ),
    )


cause = Cause(LABEL, "storage", judge, ("wal", "settings"), ("stalls", "slow_writes", "wal"))
