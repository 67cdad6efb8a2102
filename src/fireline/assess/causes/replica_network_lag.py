"""Log does not get through to a standby: the way there, or the receiver, is too slow or stands still."""

from __future__ import annotations

from fireline.assess.behind import ASKED, name, starving
from fireline.assess.checks.standbys import Connected
from fireline.assess.log_kept import size
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "replica_network_lag"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A connected standby that writes nothing of what is sent to it."""
    return tuple(_verdict(snapshot, one) for one in starving(snapshot)[:3])


def _verdict(snapshot: Snapshot, one: Connected) -> Verdict:
    left = (one.newest or 0) - (one.written or 0)
    on_the_way = (one.sent or 0) - (one.written or 0)
    return Verdict(
        cause=LABEL,
        title=f"Log does not get through to the standby {name(one)}: its readers see old data.",
        severity="high" if snapshot.complaint.about(*ASKED) else "medium",
        confidence=0.85,
        objects=(f"standby {name(one)}",),
        evidence=(
            Evidence(
                "pg_stat_replication",
                f"{name(one)} ({one.client or 'local'}) has written nothing between the samples; {size(left)} are not there yet, {size(on_the_way)} of"
                " them on the way",
            ),
        ),
        explains=("reads on the replica are old", "log is kept for the standby"),
        rejected=(
            Rejected("replay_paused", "the standby has not even written the log, so replay is not what it waits for"),
            Rejected("inactive_slot_retains_wal", "the standby is connected"),
        ),
        remedy=Cure(
            text=f"Look at the way to {one.client or 'the standby'} (loss, throughput, a firewall that forgot the connection) and at the disk"
            " and the receiver there. Ending the sender lets the standby connect anew and go on from where it was; nothing is lost.",
            sql=(f"SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE pid = {one.pid}",),  # noqa: S608 - a number
            level="reversible",
        ),
        probe=Probe(
            f"SELECT pid FROM pg_stat_replication WHERE pid = {one.pid} AND write_lsn < '{one.sent_lsn}'::pg_lsn",  # noqa: S608
            "rows = 0",
        ),
    )


cause = Cause(LABEL, "storage", judge, ("standbys",), ("replica",))
