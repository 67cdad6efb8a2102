"""A statement that has been running for long, or a process at work, holds locks that others wait for; nothing is idle."""

from __future__ import annotations

from fireline.assess.held_up import FAMILY, described, end_sessions, uncommitted, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import STRONG, Root, Tangle, lasting, overtaken, steady
from fireline.assess.telling import age, command, listed, shortened, span, tables, who
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "long_statement_holds_lock"
LEAST_SECONDS = 1.0


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle whose root runs one statement all the time and holds rows, or no more than a query's lock."""
    found = []
    for tangle in lasting(snapshot):
        roots = [root for root in tangle.roots if _at_work(snapshot, tangle, root)]
        if roots:
            found.append(_verdict(snapshot, tangle, roots))
    return tuple(found)


def _at_work(snapshot: Snapshot, tangle: Tangle, root: Root) -> bool:
    if (
        root.session is None
        or root.session.hidden
        or root.idle_in_transaction
        or root.state == "idle"
        or not root.direct
    ):
        return False
    if root.session.wait == "SyncRep":  # its commit waits for a standby: it is held up itself
        return False
    strong = any(mode in STRONG for waiter in root.direct if waiter.wants == "relation" for mode in root.holds(waiter))
    advisory = all(waiter.wants == "advisory" for waiter in root.direct)
    begun = root.session.query_start or root.session.xact_start
    lasts = age(tangle.at, begun) >= LEAST_SECONDS and steady(snapshot, root)
    return lasts and not strong and not advisory and not overtaken(tangle, root)


def _verdict(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Verdict:
    one = roots[0]
    session = one.session
    assert session is not None
    vacuum = (session.kind or "").startswith("autovacuum")
    what = "Autovacuum" if vacuum else f"{command(session)}, running for long,"
    on = listed([name for root in roots for name in tables(root)])
    facts = [
        f"pid {root.session.pid} ({who(root.session)}) has been running for"
        f" {span(age(tangle.at, root.session.query_start or root.session.xact_start))}: {shortened(root.session.query)}"
        for root in roots
        if root.session
    ]
    return verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title=f"{what} holds locks{f' on {on}' if on else ''} that others wait for.",
        evidence=[Evidence("pg_stat_activity", fact) for fact in facts],
        rejected={
            "idle_in_tx_row_lock": f"pid {session.pid} is {one.state or 'at work'}, not idle in its transaction",
            "ddl_queue_behind_idle_tx": f"pid {session.pid} is {one.state or 'at work'}, not idle in its transaction",
            "exclusive_maintenance": "it holds no lock that shuts others out of the table by itself",
            "hot_row_contention": f"one and the same statement held everybody up in each of {len(snapshot.locks)} samples",
        },
        remedy=_vacuum(tangle) if vacuum else _cancel(snapshot, tangle, roots),
    )


def _cancel(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Cure:
    whose = listed([described(tangle, root) for root in roots])
    text = f"Wait for it, or cancel the statement of {whose}: {uncommitted(roots[0])}. Then set statement_timeout for its role."
    return end_sessions(snapshot.target, roots, text, cancel=True)


def _vacuum(tangle: Tangle) -> Cure:
    first = tangle.waiters[0].session
    return Cure(
        text=f"Let it finish: it protects against wraparound. Cancel what waits for it first, pid {first.pid}"
        f" ({command(first)}), which holds up the rest, and run that again later with lock_timeout.",
        sql=(f"SELECT pg_cancel_backend({first.pid})",),
        level="reversible",
    )


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "slow_writes", "timeout"))
