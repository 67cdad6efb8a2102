"""Sorts and hashes go through the disk because a setting leaves them next to no memory."""

from __future__ import annotations

from fireline.assess.origin import Origin, gone, in_order, kilobytes, nearest, origins
from fireline.assess.slow import Slow, every, felt
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, seen, severity, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "work_mem_override"
_SMALL, _SMALL_UNASKED = 2048, 1024  # kB; PostgreSQL's own default is 4096
_BLOCKS, _BLOCKS_UNASKED, _CALLS_UNASKED, _SHARE_UNASKED = 5.0, 50.0, 3, 0.02  # a call
_TINY = 256  # kB: nobody means it


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A role, a database or the server is given less than the default, and its statements write temporary blocks.

    Without such a statement seen, only with a complaint, and only where so little can not be meant.
    """
    asked = felt(snapshot) or snapshot.complaint.about("disk")
    most = _SMALL if asked else _SMALL_UNASKED
    small = {one for one in origins(snapshot, "work_mem") if (kilobytes(one.value) or most) < most}
    spilling = [slow for slow in every(snapshot) if _spills(slow, asked=asked)]
    suffering = {slow: given[0] for slow in spilling if (given := _given(snapshot, slow, small))}
    blamed = tuple(dict.fromkeys(suffering.values()))
    if not spilling and asked:
        blamed = tuple(one for one in small if (kilobytes(one.value) or 0) <= _TINY)
    return (_verdict(snapshot, blamed, list(suffering)),) if blamed else ()


def _given(snapshot: Snapshot, slow: Slow, small: set[Origin]) -> list[Origin]:
    return [one for one in nearest(snapshot, slow.user, "work_mem") if one in small]


def spilled(slow: Slow) -> float:
    """Temporary blocks that one call writes."""
    return slow.statement.temp_written / max(slow.statement.calls, 1) if slow.statement else 0.0


def _spills(slow: Slow, *, asked: bool) -> bool:
    if asked:
        return spilled(slow) >= _BLOCKS
    return spilled(slow) >= _BLOCKS_UNASKED and slow.calls >= _CALLS_UNASKED and slow.share >= _SHARE_UNASKED


def _verdict(snapshot: Snapshot, blamed: tuple[Origin, ...], slows: list[Slow]) -> Verdict:
    return Verdict(
        cause=LABEL,
        title=f"work_mem of {listed([one.whom for one in blamed])} is so small that sorting goes through the disk.",
        severity=severity(snapshot, slows) if slows else "medium",
        confidence=0.93 if slows else 0.6,
        objects=tuple(one.object for one in blamed),
        evidence=(
            *(one.evidence for one in blamed),
            *(
                Evidence("pg_stat_statements", f"{spilled(one):,.0f} temporary blocks a call: {seen(one).fact}")
                for one in slows[:3]
            ),
        ),
        explains=("sorting and grouping is slow", "the disk is busy", *EXPLAINS),
        rejected=(
            Rejected(
                "missing_index",
                "the time goes into temporary blocks that a sort or hash writes, not into reading the table",
            )
            if slows
            else Rejected("missing_index", "no statement is seen that an index would help"),
            Rejected("temp_file_limit", "the statements write their temporary files; no limit stops them"),
            Rejected("disk_full_tablespace", "the disk is written to because memory is held back, not full"),
        ),
        remedy=Cure(
            text="Take the setting back. Sessions that are connected keep the old one until they connect anew. Each sort or hash of"
            " each session may use that much, so do not set it very high for everybody either.",
            sql=in_order(sql for one in blamed for sql in one.takes_back("4MB")),
            level="reversible",
            undo=in_order(sql for one in blamed for sql in one.gives_again()),
        ),
        probe=gone(snapshot, blamed),
        hurt=weight(slows),
    )


cause = Cause(LABEL, FAMILY, judge, ("settings", "statements"), (*COMPLAINTS, "disk"))
