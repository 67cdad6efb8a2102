"""A prepared transaction that nobody finished holds locks, and no session holds it: there is nothing to kill."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.held_up import FAMILY, still_waiting, verdict
from fireline.assess.snapshot import Prepared, Snapshot
from fireline.assess.tangle import Root, Tangle, lasting, steady
from fireline.assess.telling import age, listed, span, tables
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "orphan_prepared_tx"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every tangle whose root is a prepared transaction; one nobody waits for now, only when somebody complains of waiting."""
    found = []
    for tangle in lasting(snapshot):
        roots = [root for root in tangle.roots if root.prepared and steady(snapshot, root)]
        if roots:
            found.append(_verdict(snapshot, tangle, roots))
    if not found and snapshot.complaint.about("hang", "timeout", "slow_writes"):
        found += _unwatched(snapshot)
    return tuple(found)


def _unwatched(snapshot: Snapshot) -> list[Verdict]:
    """Who ran into its locks may have given up by now: then one that stays from sample to sample is a suspect."""
    if not snapshot.locks or snapshot.locks[-1].blocked:
        return []
    last = snapshot.locks[-1]
    stays = [
        one for number, one in last.prepared.items() if all(number in reading.prepared for reading in snapshot.locks)
    ]
    stays.sort(key=lambda one: one.at)
    roots = tuple(Root(-int(one.transaction), None, one, (), ()) for one in stays[:1])
    if not roots:
        return []
    found = _verdict(snapshot, Tangle(last.at, roots, ()), list(roots))
    return [replace(found, severity="medium", confidence=0.4, explains=("updates hang now and then", "timeouts"))]


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in text else f"'{escaped}'"


def _verdict(snapshot: Snapshot, tangle: Tangle, roots: list[Root]) -> Verdict:
    prepared = [root.prepared for root in roots if root.prepared]
    one = prepared[0]
    on = listed([name for root in roots for name in tables(root)])
    return verdict(
        snapshot,
        tangle,
        roots,
        cause=LABEL,
        title=f"The prepared transaction {one.gid} was never finished and holds locks{f' on {on}' if on else ''}; no session holds it.",
        evidence=[_fact(tangle, each) for each in prepared]
        + [
            Evidence("pg_blocking_pids", "the waiting sessions wait for pid 0, which is no session")
            if tangle.waiters
            else Evidence("pg_locks", "nobody waits for a lock at this moment")
        ],
        rejected={
            "idle_in_tx_row_lock": "no session holds the lock; its holder in pg_locks has no pid",
            "ddl_queue_behind_idle_tx": "no session holds the lock; its holder in pg_locks has no pid",
            "hot_row_contention": f"the same transaction, {one.transaction}, held everybody up in each of {len(snapshot.locks)} samples",
        },
        remedy=Cure(
            text=f"Ask whoever runs the transaction manager whether {one.gid} committed elsewhere. If it did not, roll it back"
            f" (as {one.owner} or a superuser, in database {one.database}); if it did, COMMIT PREPARED instead. Neither can be undone.",
            sql=tuple(f"ROLLBACK PREPARED {quoted(each.gid)}" for each in prepared),
            level="destructive",
        ),
        probe=_probe(tangle, prepared),
        sure=0.98,
    )


def _fact(tangle: Tangle, prepared: Prepared) -> Evidence:
    since = span(age(tangle.at, prepared.at))
    return Evidence(
        "pg_prepared_xacts",
        f"{prepared.gid} of {prepared.owner} in {prepared.database}, transaction {prepared.transaction}, was prepared {since} ago",
    )


def _probe(tangle: Tangle, prepared: list[Prepared]) -> Probe:
    """Green when the transactions are finished and nobody waits any more who waited then."""
    numbers = ", ".join(f"'{int(each.transaction)}'" for each in prepared)
    left = f"SELECT transaction::text AS pid FROM pg_prepared_xacts WHERE transaction::text IN ({numbers})"  # noqa: S608 - numbers only
    if not tangle.waiters:
        return Probe(left, "rows = 0")
    return Probe(f"{left} UNION ALL {still_waiting(tangle).replace('SELECT pid', 'SELECT pid::text', 1)}", "rows = 0")


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "slow_writes", "timeout"))
