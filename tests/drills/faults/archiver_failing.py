"""The archive can not be written to any more; each file of the log stays until it can."""

from __future__ import annotations

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    at.traffic(at.rng.randrange(2))
    at.reload(
        archive_command=at.rng.choice(
            ("/bin/false", "cp %p /nowhere/archive/%f", "test -d /mnt/backup && cp %p /mnt/backup/%f")
        )
    )
    for _ in range(at.rng.randrange(1, 6)):
        at.sql("SELECT pg_logical_emit_message(true, 'x', 'y')")
        at.sql("SELECT pg_switch_wal()")
    at.until("SELECT 1 FROM pg_stat_archiver WHERE failed_count > 0")

    def mended(root: Verdict) -> None:
        at.reload(archive_command="/bin/true")
        for statement in root.remedy.sql:
            at.sql(statement)

    return Wound(
        (
            "pg_wal grows, the disk will be full soon",
            "LOG:  archive command failed with exit code 1",
            "Alert: WAL archiving failing",
        ),
        remedy=mended,
    )


fault = Fault("archiver_failing", inject, {"archive_mode": "on", "archive_command": "/bin/true"})
