"""Transactions of a strict isolation level conflict, as they must now and then, and the program does not repeat them."""

from __future__ import annotations

from datetime import timedelta

from fireline.assess.checks.databases import Databases
from fireline.assess.checks.log import Log
from fireline.assess.held_up import moment
from fireline.assess.origin import Origin, origins
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "serialization_conflict_no_retry"
_WORDS = r"could not serialize|40001|serialization failure|due to concurrent (?:update|delete)"
_SETTLES = timedelta(seconds=5)  # nobody mends a program sooner


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Only when somebody complains: a program that repeats what failed has the same errors and counters, and is well."""
    if not (snapshot.complaint.says(_WORDS) or "40001" in snapshot.complaint.codes):
        return ()
    return (_verdict(snapshot, snapshot.all("databases", Databases)),)


def _strict(snapshot: Snapshot) -> list[Origin]:
    return [
        one
        for one in origins(snapshot, "default_transaction_isolation")
        if one.value in ("serializable", "repeatable read")
    ]


def _verdict(snapshot: Snapshot, seen: tuple[Databases, ...]) -> Verdict:
    here = seen[-1].here if seen else None
    log = snapshot.last("log", Log)
    logged = log.like("could not serialize") if log else ()
    rolled = here.rollbacks - seen[0].here.rollbacks if here and seen[0].here else 0
    level = (
        "SERIALIZABLE"
        if snapshot.complaint.says("read/write dependencies|pivot")
        else "REPEATABLE READ or SERIALIZABLE"
    )
    deadlocks = here.deadlocks if here else 0
    at = seen[-1].at if seen else snapshot.taken_at
    return Verdict(
        cause=LABEL,
        title="Transactions fail with serialization conflicts (40001), and the program does not repeat them.",
        severity="high" if rolled or logged else "medium",
        confidence=0.95 if logged or (here and here.rollbacks) else 0.85,
        objects=tuple(one.object for one in _strict(snapshot)),
        evidence=(
            Evidence("complaint", f"the server refused a transaction of {level} with SQLSTATE 40001"),
            *((Evidence("pg_stat_database", _counts(here.commits, here.rollbacks, rolled)),) if here else ()),
            *(
                Evidence("log", f"{one.message}, {one.count} times; {one.detail or one.statement}")
                for one in logged[:2]
            ),
            *(one.evidence for one in _strict(snapshot)),
        ),
        explains=("could not serialize access", "transactions fail at random"),
        rejected=(
            Rejected(
                "deadlock_lock_order",
                f"the SQLSTATE is 40001, not 40P01; {deadlocks} deadlocks are counted in this database",
            ),
            Rejected("idle_in_tx_row_lock", "the transactions are refused, they do not hang"),
        ),
        remedy=Cure(
            text="Nothing to do on the server: the conflict was found and nothing is broken. Let the program repeat the whole"
            " transaction when it fails with SQLSTATE 40001, a few times and with a growing pause; keep such transactions short;"
            " and use READ COMMITTED with SELECT … FOR UPDATE where the strict level is not needed.",
            level="read",
        ),
        probe=Probe(
            "SELECT pid FROM pg_locks WHERE mode = 'SIReadLock'"  # noqa: S608 - a moment
            f" UNION ALL SELECT 0 WHERE clock_timestamp() < {moment(at + _SETTLES)}::timestamptz",
            "rows = 0",
        ),
    )


def _counts(commits: int, rollbacks: int, rolled: int) -> str:
    now = f", {rolled} of them while we looked" if rolled > 0 else ""
    return f"{rollbacks} transactions were rolled back beside {commits} committed{now}"


cause = Cause(LABEL, "locks", judge, ("databases",), ("serialization",))
