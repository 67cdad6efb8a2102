"""Writes fail because the application is connected to a standby: after a failover, or by a wrong address."""

from __future__ import annotations

from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "failover_to_standby"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The server is in recovery, and somebody complains that it does not write. Nobody complaining, it is an ordinary replica."""
    server = snapshot.server
    if server is None or not server.standby or not snapshot.complaint.about("readonly"):
        return ()
    return (
        Verdict(
            cause=LABEL,
            title="The application writes to a standby, which can only be read.",
            severity="critical",
            confidence=0.95,
            objects=(f"the address by which database {server.database} is reached",),
            evidence=(Evidence("pg_is_in_recovery", "the server is in recovery: it is a standby and takes no writes"),),
            explains=("cannot execute … in a read-only transaction", "writes fail, reading is fine"),
            rejected=(
                Rejected("read_only_setting", "every transaction on a standby is read-only, whatever the settings say"),
            ),
            remedy=Cure(
                text="Find out where the primary is. If it lives, point the application at it (several hosts with"
                " target_session_attrs=read-write do it by themselves). Only if it is gone and can not come back by itself,"
                " promote this standby: two servers that both take writes can not be joined again, and a standby that was"
                " promoted does not become one again.",
                sql=("SELECT pg_promote()",),
                level="destructive",
            ),
            probe=Probe("SELECT pg_is_in_recovery() AS standby", "standby = false"),
        ),
    )


cause = Cause(LABEL, "configuration", judge, (), ("readonly",))
