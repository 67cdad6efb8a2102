"""A session changed rows, went idle inside its transaction, and whoever changes the same rows waits for it."""

from __future__ import annotations

import re

from fireline.assess.held_up import FAMILY, described, end_sessions, same, uncommitted, verdict
from fireline.assess.snapshot import Session, Snapshot
from fireline.assess.tangle import Root, Tangle, lasting, overtaken, steady
from fireline.assess.telling import age, listed, span, who
from fireline.assess.verdict import Branch, Cause, Evidence, Probe, Rejected, Verdict

LABEL = "idle_in_tx_row_lock"
COMPLAINT = re.compile(r"hang|stuck|lock|time ?out|slow|wait|block|frozen|deadlock", re.I)
LONG_SECONDS = 60.0  # what is merely slow needs more than a moment's idleness to be blamed on it
_LOCKED = re.compile(r"lock timeout|55P03|lock|block|stuck|hang|frozen|statement timeout", re.I)


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle whose root is idle in a transaction and holds rows; without waiters only when somebody complains."""
    found = []
    for tangle in lasting(snapshot):
        roots = [
            root
            for root in tangle.roots
            if _holds_rows(root) and steady(snapshot, root) and not overtaken(tangle, root)
        ]
        if roots:
            found.append(_verdict(snapshot, tangle, roots))
    if not found and COMPLAINT.search(snapshot.complaint.text):
        found += _unwatched(snapshot)
    return tuple(found)


def _holds_rows(root: Root) -> bool:
    return root.idle_in_transaction and any(waiter.rows for waiter in root.direct)


def _tables(tangle: Tangle) -> list[str]:
    """The tables whose rows are waited for; known when a waiter has queued at the row itself."""
    return [w.lock.relation for w in tangle.waiters if w.rows and w.lock and w.lock.relation]


def _verdict(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Verdict:
    tables = _tables(tangle)
    rows = f"rows of {listed(tables)}" if tables else "rows"
    evidence = [_fact(tangle, root) for root in roots]
    one = roots[0]
    whose = ", ".join(described(tangle, root) for root in roots)
    return verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title=f"An idle transaction has changed {rows} and not committed; whoever changes the same rows waits.",
        evidence=evidence,
        rejected={
            "hot_row_contention": f"the same transaction of pid {one.node} held everybody up in each of {len(snapshot.locks)} samples",
            "ddl_queue_behind_idle_tx": "the first in line waits for a transaction to end, not for a lock on a table",
            "orphan_prepared_tx": f"a living session, pid {one.node}, holds the rows",
            "advisory_lock_leak": "nobody waits for an advisory lock here",
            "sync_standby_missing": "the waiting sessions wait for a lock, not for a standby",
        },
        remedy=end_sessions(
            snapshot.target,
            roots,
            f"End {whose}: {uncommitted(one)}. Then set idle_in_transaction_session_timeout, and find where it forgets to commit.",
        ),
    )


def _fact(tangle: Tangle, root: Root) -> Evidence:
    session = root.session
    assert session is not None
    idle, open_for = span(age(tangle.at, session.state_change)), span(age(tangle.at, session.xact_start))
    return Evidence(
        "pg_stat_activity",
        f"pid {session.pid} ({who(session)}) is {session.state} for {idle}, its transaction open for {open_for};"
        f" last statement: {session.query}",
    )


def _unwatched(snapshot: Snapshot) -> list[Verdict]:
    """Nobody waits at this moment, but somebody complains, and a transaction that wrote has been idle for long."""
    if not snapshot.locks or snapshot.locks[-1].blocked:
        return []
    last = snapshot.locks[-1]
    least = 0.0 if _LOCKED.search(snapshot.complaint.text) else LONG_SECONDS
    old = [
        one
        for one in last.sessions.values()
        if one.xid and _idle(one) and age(last.at, one.state_change) >= least and _all_the_time(snapshot, one)
    ]
    old.sort(key=lambda one: one.xact_start or last.at)
    return [_suspect(snapshot, Tangle(last.at, (Root(old[0].pid, old[0], None, (), ()),), ()))] if old else []


def _all_the_time(snapshot: Snapshot, session: Session) -> bool:
    """Whether it did nothing between the samples."""
    seen = [reading.sessions.get(session.pid) for reading in snapshot.locks]
    return all(one and (one.key, one.state_change) == (session.key, session.state_change) for one in seen)


def _idle(session: Session) -> bool:
    return (session.state or "").startswith("idle in transaction")


def _suspect(snapshot: Snapshot, tangle: Tangle) -> Verdict:
    root = tangle.roots[0]
    session = root.session
    assert session is not None
    fact, idle = _fact(tangle, root), age(tangle.at, session.state_change)
    remedy = end_sessions(
        snapshot.target, [root], f"If nobody needs it, end {described(tangle, root)}: {uncommitted(root)}."
    )
    return Verdict(
        cause=LABEL,
        title="A transaction that has written is idle and not committed; whoever changes the same rows would wait.",
        severity="medium",
        confidence=0.4,
        objects=(f"pid {root.node}",),
        evidence=(fact, Evidence("pg_locks", "nobody waits for a lock at this moment")),
        explains=("updates hang now and then", "timeouts"),
        rejected=(Rejected("hot_row_contention", "nobody waits for a row at this moment"),),
        remedy=remedy,
        probe=Probe(f"SELECT pid FROM pg_stat_activity WHERE {same(session)}", "rows = 0"),  # noqa: S608 - see `same`
        tree=(Branch(root.node, 0, f"{root.state} {span(idle)}   {who(session)}   {session.query}", root=True),),
    )


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "slow_writes", "timeout"))
