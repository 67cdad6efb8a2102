"""A session took an advisory lock and kept it though it does nothing any more; jobs that want the same lock never start."""

from __future__ import annotations

import re

from fireline.assess.held_up import FAMILY, described, end_sessions, still_waiting, uncommitted, verdict
from fireline.assess.snapshot import Lock, Snapshot
from fireline.assess.tangle import Root, Tangle, Waiter, lasting, steady
from fireline.assess.telling import age, span, who
from fireline.assess.verdict import Branch, Cause, Evidence, Probe, Rejected, Verdict

LABEL = "advisory_lock_leak"
COMPLAINT = re.compile(r"\b(job|cron|worker|schedul|queue|advisory|never starts|not start|stuck|migration)", re.I)
LONG_SECONDS = 300.0


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle around an advisory lock whose holder is idle; one nobody waits for only when somebody complains of jobs."""
    found = []
    for tangle in lasting(snapshot):
        roots = [
            root for root in tangle.roots if _wanted(root) and root.state.startswith("idle") and steady(snapshot, root)
        ]
        if roots:
            found.append(_verdict(snapshot, tangle, roots))
    if not found and COMPLAINT.search(snapshot.complaint.text):
        found += _unwatched(snapshot)
    return tuple(found)


def _wanted(root: Root) -> list[Waiter]:
    return [waiter for waiter in root.direct if waiter.wants == "advisory"]


def key(lock: Lock) -> str:
    """The lock as its taker wrote it: pg_advisory_lock(42), or with two numbers."""
    high, low, form = (int(part) for part in lock.thing[-3:])
    return f"pg_advisory_lock({high << 32 | low})" if form == 1 else f"pg_advisory_lock({high}, {low})"


def _verdict(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Verdict:
    one = roots[0]
    session, lock = one.session, _wanted(one)[0].lock
    assert session is not None
    assert lock is not None
    idle = span(age(tangle.at, session.state_change))
    outside = "outside any transaction" if session.state == "idle" else "inside a transaction"
    return verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title=f"An idle session keeps the advisory lock {key(lock)}; whoever wants the same lock waits.",
        evidence=[
            Evidence(
                "pg_stat_activity",
                f"pid {session.pid} ({who(session)}) is {session.state} for {idle}, {outside}; last statement: {session.query}",
            ),
            Evidence("pg_locks", f"pid {session.pid} holds the advisory lock {key(lock)}, granted"),
        ],
        rejected={
            "idle_in_tx_row_lock": "the lock waited for is advisory: no row and no table is locked by it",
            "ddl_queue_behind_idle_tx": "nobody waits for a lock on a table here",
            "hot_row_contention": "nobody waits for a row here",
            "orphan_prepared_tx": f"a living session, pid {session.pid}, holds the lock",
        },
        remedy=end_sessions(
            snapshot.target,
            roots,
            f"End {described(tangle, one)}: {uncommitted(one) if session.xact_start else 'it has no transaction open, so nothing is lost'}."
            " Then take the lock with pg_advisory_xact_lock, which ends with the transaction.",
        ),
        probe=_probe(lock, session.pid, still_waiting(tangle)),
    )


def _probe(lock: Lock, pid: int, others: str = "") -> Probe:
    """Green when that process does not hold that lock any more, and who waited does not."""
    high, low, form = (int(part) for part in lock.thing[-3:])
    held = (
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"  # noqa: S608 - numbers only
        f" AND pid = {pid} AND classid = {high} AND objid = {low} AND objsubid = {form}"
    )
    return Probe(f"{held} UNION ALL {others}" if others else held, "rows = 0")


def _unwatched(snapshot: Snapshot) -> list[Verdict]:
    """A job that only tries for the lock and goes away is never seen waiting: then the oldest idle holder is a suspect."""
    if not snapshot.locks:
        return []
    last = snapshot.locks[-1]
    held = [
        (lock, last.sessions[lock.pid])
        for lock in last.locks
        if lock.kind == "advisory" and lock.granted and lock.pid in last.sessions
    ]
    idle = [(lock, one) for lock, one in held if one.state == "idle" and age(last.at, one.state_change) >= LONG_SECONDS]
    if not idle:
        return []
    lock, session = min(idle, key=lambda pair: pair[1].state_change or last.at)
    root = Root(session.pid, session, None, (lock,), ())
    since = span(age(last.at, session.state_change))
    fact = f"pid {session.pid} ({who(session)}) holds {key(lock)} and has been idle for {since}; last statement: {session.query}"
    text = f"If the job that took it is over, end {described(Tangle(last.at, (root,), ()), root)}: it has no transaction open, so nothing is lost."
    return [
        Verdict(
            cause=LABEL,
            title=f"An idle session keeps the advisory lock {key(lock)}; a job that tries for it would not start.",
            severity="medium",
            confidence=0.4,
            objects=(f"pid {session.pid}",),
            evidence=(Evidence("pg_locks", fact), Evidence("pg_locks", "nobody waits for it at this moment")),
            explains=("a job never starts",),
            rejected=(Rejected("idle_in_tx_row_lock", f"pid {session.pid} is in no transaction"),),
            remedy=end_sessions(snapshot.target, [root], text),
            probe=_probe(lock, session.pid),
            tree=(Branch(session.pid, 0, f"idle {since}   {who(session)}   holds {key(lock)}", root=True),),
        )
    ]


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow"))
