"""A session locked a whole table, by DDL or LOCK, went idle inside its transaction, and everyone else waits for the table."""

from __future__ import annotations

from fireline.assess.held_up import FAMILY, described, end_sessions, uncommitted, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import STRONG, Root, Tangle, lasting, steady
from fireline.assess.telling import age, listed, span, who
from fireline.assess.verdict import Cause, Evidence, Verdict

LABEL = "idle_in_tx_table_lock"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle whose root is idle in a transaction and holds a lock on a table that shuts others out."""
    found = []
    for tangle in lasting(snapshot):
        roots = [root for root in tangle.roots if _tables(root) and root.idle_in_transaction and steady(snapshot, root)]
        if roots:
            found.append(_verdict(snapshot, tangle, roots))
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


def _verdict(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Verdict:
    one = roots[0]
    session = one.session
    assert session is not None
    tables = _tables(one)
    shut = "nobody can read it" if "AccessExclusiveLock" in tables.values() else "nobody can write to it"
    idle, open_for = span(age(tangle.at, session.state_change)), span(age(tangle.at, session.xact_start))
    fact = (
        f"pid {session.pid} ({who(session)}) is {session.state} for {idle}, its transaction open for {open_for};"
        f" last statement: {session.query}"
    )
    held = ", ".join(f"{mode} on {name}" for name, mode in tables.items())
    return verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title=f"An idle transaction has locked {listed(list(tables))} as a whole and not committed; {shut}.",
        evidence=[Evidence("pg_stat_activity", fact), Evidence("pg_locks", f"pid {session.pid} holds {held}")],
        rejected={
            "ddl_queue_behind_idle_tx": f"the idle session itself holds {next(iter(tables.values()))}; no one between it and the others is the cause",
            "exclusive_maintenance": f"pid {session.pid} runs nothing: it is {session.state}",
            "idle_in_tx_row_lock": "the first in line waits for a lock on the table, not for a row",
            "orphan_prepared_tx": f"a living session, pid {session.pid}, holds the lock",
        },
        remedy=end_sessions(
            snapshot.target,
            roots,
            f"End {described(tangle, one)}: {uncommitted(one)}. Its DDL is rolled back as a whole and can be run again.",
        ),
    )


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "slow_writes", "timeout"))
