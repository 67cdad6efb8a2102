"""Many short transactions want the same row: each holds it a moment, all wait in line, and there is nobody to kill."""

from __future__ import annotations

from fireline.assess.held_up import FAMILY, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import Root, Tangle, overtaken, steady, tangles
from fireline.assess.telling import listed, longest_wait
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "hot_row_contention"
LEAST_WAITING = 2


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The row that changes hands between the samples while others keep waiting for it.

    A view may be partial: what holds the row may have come after the sessions were read, and a sample may meet the moment
    between two holders. So two samples of one crowd without a common holder are enough, or one holder that was waited for
    later than its waiters began to wait.
    """
    left = [crowd for reading in snapshot.locks for crowd in tangles(reading) if _crowded(crowd)]
    found = []
    while left:
        newest = max(left, key=lambda crowd: (crowd.at, len(crowd.waiters)))
        alike = [crowd for crowd in left if _related(crowd, newest)]
        left = [crowd for crowd in left if crowd not in alike]
        if count := _holders_in_turn(snapshot, newest, alike):
            found.append(_verdict(snapshot, newest, count, len(alike)))
    return tuple(found)


def _holders_in_turn(snapshot: Snapshot, newest: Tangle, alike: list[Tangle]) -> int:
    """How many held the row one after the other; 0 when nobody hands it on, or somebody holds up the whole crowd all the time."""
    if any(_stays(snapshot, crowd, root) for crowd in alike for root in crowd.roots):
        return 0
    holders = [{root.key for root in _holders(crowd)} for crowd in alike]
    changing = any(not one & other for one in holders for other in holders)
    handed_on = any(overtaken(newest, root) for root in _holders(newest))
    return len(set().union(*holders)) if changing or handed_on else 0


def _stays(snapshot: Snapshot, crowd: Tangle, root: Root) -> bool:
    """Whether those who wait in line, and hold up others meanwhile, are held up by one that does not move."""
    return len(snapshot.locks) > 1 and steady(snapshot, root) and not overtaken(crowd, root)


def _holders(tangle: Tangle) -> list[Root]:
    """Who holds rows that others wait for; one that came after the sessions were read has no session here."""
    return [root for root in tangle.roots if root.node > 0 and any(waiter.rows for waiter in root.direct)]


def _crowded(tangle: Tangle) -> bool:
    return bool(_holders(tangle)) and sum(waiter.rows for waiter in tangle.waiters) >= LEAST_WAITING


def _related(one: Tangle, other: Tangle) -> bool:
    """Whether two tangles of different samples are about the same crowd."""
    return bool(_pids(one) & _pids(other))


def _pids(tangle: Tangle) -> set[int]:
    return {waiter.session.pid for waiter in tangle.waiters} | {root.node for root in tangle.roots}


def _verdict(snapshot: Snapshot, tangle: Tangle, holders: int, samples: int) -> Verdict:
    names = [w.lock.relation for w in tangle.waiters if w.rows and w.lock and w.lock.relation]
    on = f" of {listed(names)}" if names else ""
    root = _holders(tangle)[0]
    statements = listed([waiter.session.query for waiter in tangle.waiters], 1)
    return verdict(
        snapshot,
        tangle,
        tangle.roots,
        cause=LABEL,
        title=f"Many short transactions change the same row{on} and wait in line for it.",
        evidence=[
            Evidence("pg_blocking_pids", f"{holders} different transactions held the row in {samples} samples"),
            Evidence("pg_stat_activity", f"those who wait run: {statements}"),
        ],
        rejected={
            "idle_in_tx_row_lock": "the transaction at the head of the line is another one in each sample, and none is old",
            "ddl_queue_behind_idle_tx": "nobody waits for a lock on a table, only for a row",
            "orphan_prepared_tx": f"living sessions hold the row, at last pid {root.node}",
            "advisory_lock_leak": "nobody waits for an advisory lock here",
        },
        remedy=Cure(
            text="Kill nobody: the next in line would take the row. Make the transactions shorter (change that row last), spread"
            " the counter over several rows, or queue the changes and apply them in batches; slow the callers down for now.",
            level="read",
        ),
        probe=Probe(
            "SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted AND locktype IN ('tuple', 'transactionid')",
            f"waiting < {LEAST_WAITING}",
        ),
        sure=0.9 if samples > 1 and longest_wait(tangle) < 60 else 0.75,  # noqa: PLR2004 - seconds
    )


cause = Cause(LABEL, FAMILY, judge, ("locks",), ("hang", "slow", "slow_writes", "timeout"))
