"""Maintenance or DDL that runs right now has locked a table for itself, and everyone waits until it is done."""

from __future__ import annotations

from fireline.assess.held_up import FAMILY, described, end_sessions, same, still_waiting, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import STRONG, Root, Tangle, lasting, steady
from fireline.assess.telling import age, command, listed, span, who
from fireline.assess.verdict import Cause, Evidence, Probe, Verdict

LABEL = "exclusive_maintenance"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle whose root is at work and holds a lock on a table that shuts others out."""
    found = []
    for tangle in lasting(snapshot):
        roots = [root for root in tangle.roots if root.state == "active" and _tables(root) and steady(snapshot, root)]
        if roots:
            found.append(_verdict(snapshot, tangle, roots[0]))
    return tuple(found)


def _tables(root: Root) -> dict[str, str]:
    """The tables it holds strongly and others wait for, with the mode."""
    return {
        waiter.lock.relation or "a table": mode
        for waiter in root.direct
        if waiter.lock and waiter.wants == "relation"
        for mode in root.holds(waiter)
        if mode in STRONG
    }


def _verdict(snapshot: Snapshot, tangle: Tangle, root: Root) -> Verdict:
    session = root.session
    assert session is not None
    tables = _tables(root)
    mode = next(iter(tables.values()))
    shut = (
        "everyone who reads or writes it waits" if mode == "AccessExclusiveLock" else "everyone who writes to it waits"
    )
    running = span(age(tangle.at, session.query_start))
    evidence = [
        Evidence(
            "pg_stat_activity", f"pid {session.pid} ({who(session)}) has been running for {running}: {session.query}"
        ),
        Evidence("pg_locks", f"pid {session.pid} holds {mode} on {listed(list(tables))}, granted"),
    ]
    progress = snapshot.progress.get(session.pid)
    done = ""
    if progress:
        share = f", {100 * progress.done // progress.total} % of {progress.total} blocks" if progress.total else ""
        done = f" It is at: {progress.phase}{share}."
        evidence.append(Evidence("pg_stat_progress", f"{progress.command}: {progress.phase}{share}"))
    return verdict(
        snapshot,
        tangle,
        [root],
        cause=LABEL,
        title=f"{command(session)} is running and has locked {listed(list(tables))} for itself; {shut}.",
        evidence=evidence,
        rejected={
            "ddl_queue_behind_idle_tx": f"the lock of pid {session.pid} is granted, and it waits for nobody",
            "idle_in_tx_table_lock": f"pid {session.pid} is at work, not idle in its transaction",
            "idle_in_tx_row_lock": "the first in line waits for a lock on the table, not for a row",
            "orphan_prepared_tx": f"a living session, pid {session.pid}, holds the lock",
        },
        remedy=end_sessions(
            snapshot.target,
            [root],
            f"Wait for it, or cancel the statement of {described(tangle, root)}: it is rolled back, and its work so far is"
            f" for nothing.{done} Next time use the CONCURRENTLY form, or do it when nobody is there.",
            cancel=True,
        ),
        probe=Probe(
            f"SELECT pid FROM pg_stat_activity WHERE state = 'active' AND {same(session)} UNION ALL {still_waiting(tangle)}",  # noqa: S608
            "rows = 0",
        ),
    )


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "slow_writes", "timeout"))
