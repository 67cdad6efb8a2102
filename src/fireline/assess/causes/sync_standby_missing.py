"""Commits wait for a synchronous standby that is not there: all writes hang, reading is fine, and no lock is in it."""

from __future__ import annotations

from fireline.assess.held_up import FAMILY
from fireline.assess.snapshot import Replication, Session, Snapshot
from fireline.assess.telling import age, shortened, span, who
from fireline.assess.verdict import Branch, Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "sync_standby_missing"
MANY, _SHOWN = 5, 8


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Sessions whose commit waits for a standby in every sample, while no synchronous standby is connected."""
    seen = snapshot.readings.get("replication", ())
    if not snapshot.locks or not seen:
        return ()
    replication: Replication = seen[-1]
    waiting = [one for one in snapshot.locks[-1].sessions.values() if _waits_in_all(snapshot, one)]
    there = any(sync in ("sync", "quorum") and state == "streaming" for _, state, sync in replication.standbys)
    return (_verdict(snapshot, replication, waiting),) if waiting and replication.names and not there else ()


def _waits_in_all(snapshot: Snapshot, session: Session) -> bool:
    same = [reading.sessions.get(session.pid) for reading in snapshot.locks]
    return all(one and one.wait == "SyncRep" and one.key == session.key for one in same)


def _verdict(snapshot: Snapshot, replication: Replication, waiting: list[Session]) -> Verdict:
    at = snapshot.locks[-1].at
    severity: Severity = "critical" if len(waiting) >= MANY else "high"
    standbys = ", ".join(f"{name} ({state}, {sync})" for name, state, sync in replication.standbys) or "none"
    longest = span(max(age(at, one.state_change) for one in waiting))
    return Verdict(
        cause=LABEL,
        title="Every commit waits for a synchronous standby that is not there.",
        severity=severity,
        confidence=0.97,
        objects=(f"synchronous_standby_names = {replication.names}",),
        evidence=(
            Evidence("pg_stat_activity", f"{len(waiting)} commits wait on SyncRep, the longest for {longest}"),
            Evidence("pg_settings", f"synchronous_standby_names is {replication.names!r}, from {replication.source}"),
            Evidence("pg_stat_replication", f"standbys connected: {standbys}"),
        ),
        explains=("all writes hang", "timeouts"),
        rejected=(
            Rejected("idle_in_tx_row_lock", "the commits wait for a standby, not for a lock"),
            Rejected("commit_delay_set", "the waits do not end after a constant time"),
        ),
        remedy=Cure(
            text="Bring the standby back. If it will not come soon, let commits go without it: what is committed from then on is"
            " on this server alone until it is back.",
            sql=("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()"),
            level="reversible",
            undo=("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"),
        ),
        probe=Probe(
            "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND state_change < clock_timestamp() - interval '1 second'",
            "rows = 0",
        ),
        tree=tuple(
            Branch(one.pid, 0, f"commit waits {span(age(at, one.state_change))}   {who(one)}   {shortened(one.query)}")
            for one in waiting[:_SHOWN]
        ),
        hurt=len(waiting),
    )


cause = Cause(LABEL, FAMILY, judge, ("locks", "replication"), ("hang", "slow", "slow_writes", "timeout", "replica"))
