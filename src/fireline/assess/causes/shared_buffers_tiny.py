"""Reading is slow because the server may keep next to nothing in memory."""

from __future__ import annotations

from fireline.assess.checks.databases import Databases
from fireline.assess.checks.memory import Memory
from fireline.assess.checks.settings import Settings
from fireline.assess.slow import felt
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "shared_buffers_tiny"
_BLOCK, _MB, _GB = 8192, 2**20, 2**30
_TINY = 16 * _MB  # nobody means it
_PART = 64  # less than that part of the memory is far too little
_HITS_TINY, _HITS, _HITS_UNASKED = 0.99, 0.95, 0.90
_READ, _TIMES, _TIMES_TINY = 2000, 8, 4  # blocks; so often all that may be kept was read anew


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A small shared_buffers, and blocks that are read again and again because they can not be kept."""
    settings, databases = snapshot.last("settings", Settings), snapshot.last("databases", Databases)
    here = databases.here if databases else None
    if settings is None or here is None or not settings.number("shared_buffers"):
        return ()
    buffers = int(settings.number("shared_buffers"))
    reads, hits = here.blocks_read or 0, here.blocks_hit or 0
    share = hits / max(reads + hits, 1)
    tiny = buffers * _BLOCK <= _TINY
    low = share < (_HITS_TINY if tiny else _HITS if felt(snapshot) else _HITS_UNASKED)
    again = reads >= max(_READ, (_TIMES_TINY if tiny else _TIMES) * buffers)
    return (_verdict(snapshot, buffers, share, reads),) if low and again and _small(snapshot, buffers) else ()


def _total(snapshot: Snapshot) -> int | None:
    memory = snapshot.last("memory", Memory)
    return memory.total if memory else None


def _small(snapshot: Snapshot, buffers: int) -> bool:
    total = _total(snapshot)
    return buffers * _BLOCK <= _TINY or (total is not None and buffers * _BLOCK < total / _PART)


def wanted(total: int | None) -> int:
    """Megabytes to set: a quarter of the memory, 8 GB at most; a modest value where the memory is not known."""
    return max(min((total or _GB // 2) // 4, 8 * _GB) // _MB, 64)


def _verdict(snapshot: Snapshot, buffers: int, share: float, reads: int) -> Verdict:
    total = _total(snapshot)
    size, goal = buffers * _BLOCK / _MB, wanted(total)
    settings = snapshot.last("settings", Settings)
    own = settings.values["shared_buffers"] if settings else None
    where = f", set in {own.file}" if own and own.file else ""
    has = f" on a machine with {total / _GB:.1f} GB" if total else ""
    tiny = buffers * _BLOCK <= _TINY
    return Verdict(
        cause=LABEL,
        title=f"shared_buffers is only {size:.0f} MB, so blocks are read again and again."
        if size >= 1
        else f"shared_buffers is only {size * 1024:.0f} kB, so blocks are read again and again.",
        severity="high" if felt(snapshot) and tiny else "medium" if tiny else "low",
        confidence=0.9 if tiny else 0.6,
        objects=("shared_buffers",),
        evidence=(
            Evidence("pg_settings", f"shared_buffers is {size:.1f} MB{has}{where}"),
            Evidence(
                "pg_stat_database",
                f"{share:.0%} of the blocks asked for were there; {reads:,} were not, {reads / buffers:,.0f} times all that fits",
            ),
        ),
        explains=("reading is slow", "the disk is busy with reading", *EXPLAINS),
        rejected=(
            Rejected(
                "missing_index",
                f"what fits in memory was read anew {reads / buffers:,.0f} times over, by whatever plan",
            ),
            Rejected("disk_full_tablespace", "the disk is read from, not full"),
        ),
        remedy=Cure(
            text="Raise it to about a quarter of the machine's memory and restart the server; that ends all sessions, so pick the moment."
            " Where the memory is shared with others, take less.",
            sql=(f"ALTER SYSTEM SET shared_buffers = '{goal}MB'",),
            level="reversible",
            undo=("ALTER SYSTEM RESET shared_buffers",),
        ),
        probe=Probe(
            "SELECT setting::bigint AS blocks FROM pg_settings WHERE name = 'shared_buffers'", f"blocks > {buffers}"
        ),
    )


cause = Cause(LABEL, FAMILY, judge, ("settings", "databases"), (*COMPLAINTS, "disk"))
