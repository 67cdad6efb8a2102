"""Replay is paused on a standby: log arrives, and readers see old data until somebody lets it go on."""

from __future__ import annotations

from fireline.assess.behind import ASKED, name, not_the_network, replay, standing
from fireline.assess.checks.standbys import Connected, Replay, Standbys
from fireline.assess.log_kept import size
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "replay_paused"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """On the standby: it is paused. On the primary: a standby has the log and stands still, which a pause explains best."""
    here = replay(snapshot)
    if here is not None:
        return (_standby(snapshot, here),) if here.state == "paused" else ()
    found = standing(snapshot)
    return tuple(_primary(snapshot, one) for one in found[:3])


def _standby(snapshot: Snapshot, here: Replay) -> Verdict:
    left = max((here.received or 0) - (here.replayed or 0), 0)
    seen = snapshot.last("standbys", Standbys)
    old = f", committed {span(age(seen.at, here.replayed_at))} ago" if seen and here.replayed_at else ""
    return Verdict(
        cause=LABEL,
        title="Replay is paused on this standby: its readers see old data.",
        severity="high" if left or snapshot.complaint.about(*ASKED) else "medium",
        confidence=0.98,
        objects=("replay",),
        evidence=(
            Evidence("pg_is_wal_replay_paused", "replay is paused"),
            Evidence(
                "pg_last_wal_replay_lsn",
                f"received up to {here.receive_lsn}, replayed up to {here.replay_lsn}{old}: {size(left)} are left",
            ),
        ),
        explains=("reads on the replica are old",),
        rejected=(
            Rejected(
                "replica_network_lag",
                f"log arrives: the receiver is {here.receiver or 'not running, but replay stands still by itself'}",
            ),
            Rejected(
                "replay_held_by_query",
                f"replay waits for no query: it is paused, and waits on {here.wait or 'nothing'}",
            ),
        ),
        remedy=Cure(
            text="Let replay go on; it catches up as quickly as it can, and queries that stand in its way may be cancelled. If"
            " somebody paused it on purpose (to look at data before a mistake arrives here), ask first: it can not go back.",
            sql=("SELECT pg_wal_replay_resume()",),
            level="reversible",
            undo=("SELECT pg_wal_replay_pause()",),
        ),
        probe=Probe("SELECT pg_is_wal_replay_paused() AS paused", "paused = false"),
    )


def _primary(snapshot: Snapshot, one: Connected) -> Verdict:
    left = (one.flushed or 0) - (one.replayed or 0)
    lag = f"; replay_lag says {span(one.replay_lag)}" if one.replay_lag is not None else ""
    return Verdict(
        cause=LABEL,
        title=f"The standby {name(one)} receives the log and does not replay it: its readers see old data.",
        severity="high" if snapshot.complaint.about(*ASKED) else "medium",
        confidence=0.7,
        objects=(f"standby {name(one)}",),
        evidence=(
            Evidence(
                "pg_stat_replication",
                f"{name(one)} is {one.state}, has flushed {one.flush_lsn} and replayed {one.replay_lsn}: {left} bytes are left, the same"
                f" place in each sample{lag}",
            ),
        ),
        explains=("reads on the replica are old",),
        rejected=(
            not_the_network(one),
            Rejected(
                "replay_held_by_query",
                "from here a pause and a query that replay waits for look alike; diagnose the standby itself to be sure",
            ),
        ),
        remedy=Cure(
            text=f"On the standby {name(one)}, not here: see whether pg_is_wal_replay_paused(), and let replay go on. If it is not"
            " paused, a query there holds it up (max_standby_streaming_delay), or recovery_min_apply_delay is set.",
            sql=("SELECT pg_wal_replay_resume()",),
            level="reversible",
            undo=("SELECT pg_wal_replay_pause()",),
        ),
        probe=Probe(
            f"SELECT pid FROM pg_stat_replication WHERE pid = {one.pid} AND replay_lsn < '{one.flush_lsn}'::pg_lsn",  # noqa: S608 - a number, a position
            "rows = 0",
        ),
    )


cause = Cause(LABEL, "storage", judge, ("standbys",), ("replica",))
