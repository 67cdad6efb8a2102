"""Transactions take the same locks in a different order: now and then two wait for each other, and the server ends one."""

from __future__ import annotations

from datetime import datetime, timedelta

from fireline.assess.checks.databases import Databases
from fireline.assess.checks.log import Entry, Log
from fireline.assess.held_up import moment
from fireline.assess.ring import ring
from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.tangle import lasting
from fireline.assess.telling import listed, shortened, who
from fireline.assess.verdict import Branch, Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "deadlock_lock_order"
_SERVERS_WORDS = r"deadlock detected|40P01"
_SETTLES = timedelta(seconds=5)  # nobody mends a program sooner


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A ring of waiting sessions, or deadlocks counted while we look; earlier ones only when somebody complains of them.

    People say deadlock for whatever hangs: when one session holds up the others, that is the matter.
    """
    seen = snapshot.all("databases", Databases)
    rings = [found for reading in snapshot.locks if (found := ring(reading))]
    rising = _counted(seen[-1:]) - _counted(seen[:1])
    logged = _logged(snapshot)
    if rings or rising > 0:
        return (_verdict(snapshot, seen, rings[-1] if rings else (), logged, now=True),)
    if not snapshot.complaint.about("deadlock"):
        return ()
    servers = snapshot.complaint.says(_SERVERS_WORDS) or "40P01" in snapshot.complaint.codes
    if not servers and (lasting(snapshot) or not (_counted(seen[-1:]) or logged)):
        return ()
    return (_verdict(snapshot, seen, (), logged, now=False),)


def _counted(seen: tuple[Databases, ...]) -> int:
    return seen[0].here.deadlocks if seen and seen[0].here else 0


def _logged(snapshot: Snapshot) -> tuple[Entry, ...]:
    log = snapshot.last("log", Log)
    return log.like("deadlock detected") if log else ()


def _verdict(
    snapshot: Snapshot,
    seen: tuple[Databases, ...],
    members: tuple[Session, ...],
    logged: tuple[Entry, ...],
    *,
    now: bool,
) -> Verdict:
    count = _counted(seen[-1:])
    at = seen[-1].at if seen else snapshot.taken_at
    return Verdict(
        cause=LABEL,
        title="Transactions lock the same things in a different order and end up in deadlocks.",
        severity="high" if now else "medium",
        confidence=0.95 if now else 0.9 if count or logged else 0.7,
        objects=tuple(f"pid {one.pid}" for one in members),
        evidence=(
            *_ring(members),
            Evidence(
                "pg_stat_database",
                f"{count} deadlocks are counted since the counters were reset; they are counted some seconds late",
            ),
            *_log(logged),
        ),
        explains=("deadlock detected", "transactions fail at random"),
        rejected=(
            Rejected(
                "serialization_conflict_no_retry",
                "the server ends them as deadlocks (40P01), not for serialization (40001)",
            ),
            Rejected("idle_in_tx_row_lock", "no idle session holds the others up: the server itself ends the wait")
            if not lasting(snapshot)
            else Rejected("idle_in_tx_row_lock", "the deadlocks come besides what others wait for"),
        ),
        remedy=Cure(
            text="Nothing to do on the server: it has ended one of each pair, and its work is rolled back. Let the program take"
            " the locks in one order everywhere (rows sorted by key; SELECT … FOR UPDATE with ORDER BY before many updates; the"
            " parent before its children), keep transactions short, and repeat what fails with SQLSTATE 40P01.",
            level="read",
        ),
        probe=_probe(at),
        tree=tuple(Branch(one.pid, 0, f"{who(one)}   {shortened(one.query)}") for one in members),
        hurt=len(members),
    )


def _ring(members: tuple[Session, ...]) -> tuple[Evidence, ...]:
    if not members:
        return ()
    each = "; ".join(f"pid {one.pid} ({who(one)}) runs {shortened(one.query)}" for one in members[:4])
    return (Evidence("pg_blocking_pids", f"{len(members)} sessions wait for each other in a ring: {each}"),)


def _log(logged: tuple[Entry, ...]) -> tuple[Evidence, ...]:
    if not logged:
        return ()
    newest = logged[0]
    said = listed([part for part in (newest.detail, newest.context, newest.statement) if part], 2)
    return (Evidence("log", f"deadlock detected {sum(one.count for one in logged)} times; the newest: {said}"),)


def _probe(at: datetime) -> Probe:
    """Green when no two sessions wait for each other, some seconds after the look."""
    return Probe(
        "SELECT a.pid FROM pg_stat_activity a JOIN pg_stat_activity b ON b.pid = ANY (pg_blocking_pids(a.pid))"  # noqa: S608 - a moment
        " WHERE a.wait_event_type = 'Lock' AND b.wait_event_type = 'Lock' AND a.pid = ANY (pg_blocking_pids(b.pid))"
        f" UNION ALL SELECT 0 WHERE clock_timestamp() < {moment(at + _SETTLES)}::timestamptz",
        "rows = 0",
    )


cause = Cause(LABEL, "locks", judge, ("locks", "databases"), ("deadlock",))
