"""A setting limits temporary files: large sorts and joins are refused though the disk has room."""

from __future__ import annotations

from fireline.assess.checks.log import Entry, Log
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.space import Space
from fireline.assess.log_kept import size
from fireline.assess.origin import Origin, gone, in_order, kilobytes, origins
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict
from fireline.postgres.disk import Room

LABEL = "temp_file_limit"
_WORDS = r"temp_file_limit|temporary file size|53400"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A limit is set and somebody, or the log, says that it was reached: a limit alone is what careful teams set."""
    log = snapshot.last("log", Log)
    logged = log.like("temporary file size exceeds") if log else ()
    if not logged and not snapshot.complaint.says(_WORDS):
        return ()
    limits = [(one, kb) for one in origins(snapshot, LABEL) if (kb := kilobytes(one.value)) is not None and kb >= 0]
    users = {user for one in logged for user in one.users}
    mine = [(one, kb) for one, kb in limits if not users or one.role in (None, *users)] or limits
    if not mine:
        return ()
    least = min(kb for _, kb in mine)
    return (_verdict(snapshot, [one for one, kb in mine if kb == least], least, logged),)


def _verdict(snapshot: Snapshot, found: list[Origin], least: float, logged: tuple[Entry, ...]) -> Verdict:
    settings = snapshot.last("settings", Settings)
    work = f"{int(settings.number('work_mem') // 1024)} MB" if settings else "?"
    free = _room(snapshot)
    return Verdict(
        cause=LABEL,
        title=f"temp_file_limit refuses {listed([one.whom for one in found])} large sorts and joins.",
        severity="high",
        confidence=0.95,
        objects=tuple(one.object for one in found),
        evidence=(
            *(one.evidence for one in found),
            *(Evidence("log", f"{one.message}, {one.count} times; {one.statement}") for one in logged[:2]),
            Evidence("pg_settings", f"work_mem is {work}; what does not fit goes to temporary files"),
        ),
        explains=("temporary file size exceeds temp_file_limit",),
        rejected=(
            Rejected(
                "disk_full_tablespace",
                f"the server names its own limit of {size(int(least * 1024))}, not the disk"
                + (f", where {size(free.free)} are free" if free else ""),
            ),
            Rejected("work_mem_override", "statements are refused, not only slow"),
        ),
        remedy=Cure(
            text="Take the limit back or raise it to what the largest honest query needs; or give that query more work_mem or an"
            " index. Without any limit a runaway query can fill the disk, so set a better one soon. Sessions that are connected"
            " keep the old one until they connect anew.",
            sql=in_order(sql for one in found for sql in one.takes_back("-1")),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


def _room(snapshot: Snapshot) -> Room | None:
    space = snapshot.last("space", Space)
    return next((one.room for one in space.tablespaces if one.home), None) if space else None


cause = Cause(LABEL, "storage", judge, ("settings",), ("disk",))
