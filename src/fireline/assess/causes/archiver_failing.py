"""Log can not be archived: every file is kept until it is, pg_wal grows, and there is no way back to a point in time."""

from __future__ import annotations

from fireline.assess.checks.settings import Settings
from fireline.assess.checks.wal import Wal
from fireline.assess.log_kept import SEGMENT, archiver_fails, archives, folder, not_keep_size, not_slots, severity
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "archiver_failing"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The archiver fails and has not succeeded since; or it is on and has nothing to carry files away with."""
    wal, settings = snapshot.last("wal", Wal), snapshot.last("settings", Settings)
    if wal is None or settings is None or not archives(snapshot):
        return ()
    if archiver_fails(snapshot):
        return (_verdict(snapshot, wal, settings),)
    waiting = wal.ready or 0
    return (_verdict(snapshot, wal, settings),) if _without(settings) and waiting and not wal.standby else ()


def _without(settings: Settings) -> bool:
    command = settings.value("archive_command")
    return command in ("", "(disabled)") and not settings.value("archive_library")


def _verdict(snapshot: Snapshot, wal: Wal, settings: Settings) -> Verdict:
    seen = wal.archiver
    how = "archive_library" if settings.value("archive_library") else "archive_command"
    title = "Write-ahead log can not be archived"
    reason = "nothing is set to archive it with" if _without(settings) else f"{how} fails"
    return Verdict(
        cause=LABEL,
        title=f"{title}: {reason}.",
        severity=severity(snapshot, (wal.ready or 0) * SEGMENT),
        confidence=0.97,
        objects=(how,),
        evidence=(
            *((_failures(wal),) if seen.failed_at else ()),
            Evidence("pg_settings", f"{how} is {settings.value(how)!r}"),
            *(
                (Evidence("pg_ls_archive_statusdir", f"{wal.ready} files wait to be archived"),)
                if wal.ready is not None
                else ()
            ),
            *folder(snapshot),
        ),
        explains=("pg_wal grows", "the disk fills up", "backups can not be restored to a point in time"),
        rejected=(not_slots(snapshot), not_keep_size(snapshot)),
        remedy=Cure(
            text=f"Mend what {how} does: run it by hand as the server's account with {seen.last_failed or 'a file of pg_wal'}, and"
            " look for a full or missing goal, a wrong path, or lost rights; what it says is in the server's log. Then reload, and"
            " the archiver catches up. Do not delete files from pg_wal. To succeed without archiving (/bin/true) breaks the"
            " chain of backups: take a full one after that.",
            sql=("SELECT pg_reload_conf()",),
            level="reversible",
        ),
        probe=_probe(),
    )


def _failures(wal: Wal) -> Evidence:
    seen = wal.archiver
    last = f"{seen.last_archived}, {span(age(wal.at, seen.archived_at))} ago" if seen.archived_at else "none"
    return Evidence(
        "pg_stat_archiver",
        f"{seen.failed} failures, the last {span(age(wal.at, seen.failed_at))} ago with {seen.last_failed}; archived last: {last}",
    )


def _probe() -> Probe:
    """Green when a file has been archived since the last failure."""
    return Probe(
        "SELECT failed_count FROM pg_stat_archiver WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
        " UNION ALL SELECT 0 FROM pg_stat_archiver WHERE last_failed_time IS NULL AND last_archived_time IS NULL",
        "rows = 0",
    )


cause = Cause(LABEL, "storage", judge, ("wal", "settings"), ("wal", "disk"))
