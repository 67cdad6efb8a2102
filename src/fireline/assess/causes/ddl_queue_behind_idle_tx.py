"""A reader went idle inside its transaction; a migration waits for its weak lock, and everyone waits behind the migration."""

from __future__ import annotations

from fireline.assess.held_up import FAMILY, described, end_sessions, uncommitted, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import ORDINARY, STRONG, Root, Tangle, Waiter, lasting, steady
from fireline.assess.telling import age, command, listed, shortened, span, touched, who
from fireline.assess.verdict import Cause, Evidence, Verdict

LABEL = "ddl_queue_behind_idle_tx"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle in which DDL waits for an idle transaction that holds no more than a query's lock."""
    found = []
    for tangle in lasting(snapshot):
        roots = [
            root for root in tangle.roots if root.idle_in_transaction and steady(snapshot, root) and _migrations(root)
        ]
        if roots:
            found.append(_verdict(snapshot, tangle, roots))
    return tuple(found)


def _migrations(root: Root) -> list[Waiter]:
    """Those who wait for it with more than a query's lock, or, built CONCURRENTLY, for its snapshot."""
    return [
        waiter
        for waiter in root.direct
        if (
            waiter.wants == "relation"
            and waiter.lock
            and waiter.lock.mode not in ORDINARY
            and not _strongly(root, waiter)
        )
        or waiter.wants == "virtualxid"
    ]


def _strongly(root: Root, waiter: Waiter) -> bool:
    return any(mode in STRONG for mode in root.holds(waiter))


def _verdict(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Verdict:
    one = roots[0]
    migration = _migrations(one)[0]
    queue = [waiter for waiter in tangle.waiters if waiter.session.pid != migration.session.pid]
    kind = "write" if one.session and one.session.xid else "read"
    table = migration.lock.relation if migration.lock and migration.lock.relation else None
    holds = f"a {kind} lock on {table}" if table else f"a {kind} transaction open"
    title = f"An idle transaction holds {holds}; a migration waits for it"
    return verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title=f"{title}; everyone waits for the migration." if queue else f"{title}.",
        evidence=[*(_holder(tangle, root) for root in roots), _middle(tangle, migration, len(queue))],
        rejected=_rejected(snapshot, one, migration),
        remedy=end_sessions(snapshot.target, roots, _advice(tangle, roots, migration, len(queue))),
    )


def _holder(tangle: Tangle, root: Root) -> Evidence:
    session = root.session
    assert session is not None
    open_for = span(age(tangle.at, session.xact_start))
    return Evidence(
        "pg_stat_activity",
        f"pid {session.pid} ({who(session)}) is {session.state} for {span(age(tangle.at, session.state_change))}, its transaction"
        f" open for {open_for}; it {touched(root)}; last statement: {shortened(session.query)}",
    )


def _middle(tangle: Tangle, migration: Waiter, behind: int) -> Evidence:
    session, lock = migration.session, migration.lock
    mode = (
        f"{lock.mode} on {lock.relation or 'a table'}" if lock and lock.kind == "relation" else "an old snapshot to end"
    )
    return Evidence(
        "pg_locks",
        f"pid {session.pid} ({who(session)}) waits for {mode} with {command(session)}, and {behind} more behind it",
    )


def _rejected(snapshot: Snapshot, root: Root, migration: Waiter) -> dict[str, str]:
    session, lock = migration.session, migration.lock
    weak = ", ".join(root.holds(migration)) or "a snapshot"
    return {
        "exclusive_maintenance": f"{lock.mode if lock else 'its lock'} of pid {session.pid} is not granted: {command(session)} waits itself",
        "idle_in_tx_row_lock": "the first in line waits for a lock on the table, not for a row",
        "idle_in_tx_table_lock": f"the idle session holds only {weak}, which shuts no query out",
        "hot_row_contention": f"the root, pid {root.node}, is the same in each of {len(snapshot.locks)} samples",
        "orphan_prepared_tx": f"a living session, pid {root.node}, holds the lock",
    }


def _advice(tangle: Tangle, roots: list[Root], migration: Waiter, behind: int) -> str:
    whose = listed([described(tangle, root) for root in roots])
    then = f"the migration then runs, and the {behind} behind it" if behind else "the migration then runs"
    return (
        f"End {whose}: {uncommitted(roots[0])}; {then}. Ending the migration (pid {migration.session.pid}) would help for now,"
        " and the next one would be stopped again. Run migrations with lock_timeout."
    )


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "timeout", "slots", "slow_writes"))
