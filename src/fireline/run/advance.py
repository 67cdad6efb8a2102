"""Move a run on, under a lease, until it waits for a person or has ended. Safe to call at any time, from any worker.

1. Take the lease; without it another worker is at work, and there is nothing to do.
2. Hold the run, look at its rows, and decide the next thing: one small change of state, or one piece of long work.
3. Long work (a proof, a plan, an attempt) happens outside the transaction; its result is written under the fence.
4. Nothing left to do: give the lease back in the same transaction, so that no decision of a person is overlooked.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from psycopg.rows import DictRow

from fireline import clock
from fireline.incident.people import FIRELINE
from fireline.run import attempts, ledger, prepare, recover
from fireline.run.approve import ask, set_step, target_of
from fireline.run.lease import Lease, LeaseLost
from fireline.run.ledger import Q
from fireline.run.start import start_called
from fireline.run.world import World
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake

Next = Callable[[], None] | None

log = structlog.get_logger()

DONE = ("succeeded", "skipped")
STOPPED = ("failed", "timed_out", "cancelled", "unknown")


def advance(world: World, run: int, worker: str) -> bool:
    """Work on a run until its next wait; whether anything was done."""
    lease = Lease.take(world.store, run, worker)
    if lease is None:
        return False
    with lease:
        try:
            while (work := _next(world, lease)) is not None:
                work()
        except LeaseLost:
            log.warning("lease lost", run=run, worker=worker)
    return True


def due(conn: Connection) -> list[int]:
    """Runs that have something to do and nobody at it."""
    return [row["id"] for row in all_rows(conn, Q["due_runs"], at=clock.now())]


def _nothing() -> None:
    """A change of state was enough; look again."""


def _next(world: World, lease: Lease) -> Next:
    """Decide the next thing, or give the lease back."""
    with lease.transaction() as (conn, run):
        cut_off_undo = one(conn, Q["open_undo"], run=run["id"])
        if cut_off_undo is not None:
            attempts.end_cut_off_undo(conn, run, cut_off_undo)
            return _nothing
        if run["state"] not in ("running", "waiting"):
            undo = one(conn, Q["given_undo"], run=run["id"])
            if undo is not None and one(conn, Q["halted"]) is None:
                return attempts.undo(world, lease, conn, run, undo)
            _release(conn, lease, run, run["state"])
            return None
        steps = all_rows(conn, Q["steps"], run=run["id"])
        cut_off = next((step for step in steps if _cut_off(step)), None)
        if cut_off is not None:
            return lambda: recover.recover(world, lease, cut_off)
        if run["cancel_step"] is not None and _cancel(conn, run, steps):
            return _nothing
        if one(conn, Q["halted"]) is not None:
            _release(conn, lease, run, "waiting")
            return None
        undo = one(conn, Q["given_undo"], run=run["id"])
        if undo is not None:
            return attempts.undo(world, lease, conn, run, undo)
        step = next((step for step in steps if not passed(step)), None)
        if step is None:
            _finish(conn, lease, run, steps)
            return None
        return _step(world, lease, conn, run, step, steps)


def _cut_off(step: DictRow) -> bool:
    """Whether an attempt of this step began and nobody carries it on, or its end is due to be looked up again."""
    if step["state"] in ("intent", "running"):
        return True
    return step["waits_for"] == "clock" and step["wake_at"] is not None and step["wake_at"] <= clock.now()


def passed(step: DictRow) -> bool:
    """Whether the run goes on behind this step: it is done, or it was a read that failed, which changed nothing."""
    if step["state"] in DONE:
        return True
    return step["state"] in ("failed", "timed_out") and step["level"] == "read"


def _step(world: World, lease: Lease, conn: Connection, run: DictRow, step: DictRow, steps: list[DictRow]) -> Next:
    """The next thing for the first step that is not passed."""
    if step["state"] == "authorised":
        return attempts.do(world, lease, conn, run, step)
    if step["state"] == "planned":
        need = prepare.by_hand(step, [earlier for earlier in steps if earlier["position"] < step["position"]])
        if need is None:
            return lambda: _prepare(world, lease, run, step)
        _apply(world, conn, run, step, need)
        return _nothing
    if step["state"] == "waiting" and step["waits_for"] == "call" and _called(world, conn, run, step):
        return _nothing
    _release(conn, lease, run, "waiting")
    return None


def _prepare(world: World, lease: Lease, run: DictRow, step: DictRow) -> None:
    """Prove or plan outside of any transaction of the store, then write what is needed, unless the step has changed."""
    need = prepare.by_machine(world, run, step, target_of(world, run, step))
    with lease.transaction() as (conn, held):
        now = one(conn, Q["step"], run=held["id"], position=step["position"])
        same = ("state", "content", "parameters", "choice")
        if now is not None and all(now[key] == step[key] for key in same):
            _apply(world, conn, held, now, need)


def _apply(world: World, conn: Connection, run: DictRow, step: DictRow, need: prepare.Need) -> None:
    """Write what a step needs."""
    position = step["position"]
    state = {"ask": "waiting", "wait": "waiting"}.get(need.to, need.to)
    set_step(
        conn,
        run["id"],
        position,
        state,
        waits_for="approval" if need.to == "ask" else need.waits_for,
        level=need.level,
        level_reason=need.level_reason or None,
        plan=need.plan,
        outcome=need.outcome or None,
    )
    if need.to == "ask":
        now = one(conn, Q["step"], run=run["id"], position=position)
        assert now is not None
        ask(conn, world, run, now, asked_by=FIRELINE, requested_by=now["requested_by"])
    elif need.to in ("failed", "skipped"):
        attempts.tell_step(conn, run, {**step, "level": need.level or step["level"]}, state, need.outcome)
    else:
        ledger.record(conn, run["id"], "prepared", FIRELINE, position=position, state=state, waits_for=need.waits_for)
        if need.to == "wait" and run["incident_id"] is not None:
            wake(conn, "tell", run["incident_id"])


def _called(world: World, conn: Connection, run: DictRow, step: DictRow) -> bool:
    """Start the procedure that a step calls, or take over how it ended; False while it goes on."""
    child = one(conn, Q["child"], run=run["id"], position=step["position"])
    if child is None:
        start_called(conn, world, run, step)
        return False
    if child["state"] in ("running", "waiting"):
        return False
    state = "succeeded" if child["state"] == "succeeded" else "failed"
    outcome = {"summary": f"run {child['id']} {child['state']}", "run": child["id"]}
    set_step(conn, run["id"], step["position"], state, outcome=outcome)
    attempts.tell_step(conn, run, step, state, outcome)
    return True


def _cancel(conn: Connection, run: DictRow, steps: list[DictRow]) -> bool:
    """Carry out a person's wish to stop; the attempt that ran has ended by now. Whether the whole run is over."""
    wanted, reason = run["cancel_step"], run["cancel_reason"]
    conn.execute("UPDATE run SET cancel_step = NULL, cancel_by = NULL, cancel_reason = NULL WHERE id = %s", [run["id"]])
    outcome = {"summary": f"stopped by {run['cancel_by']}", "error": reason}
    for step in steps:
        whole = wanted == 0 and step["state"] not in (*DONE, *STOPPED)
        if whole or (step["position"] == wanted and step["state"] == "authorised"):
            conn.execute(Q["void_approvals"], {"run": run["id"], "position": step["position"]})
            set_step(conn, run["id"], step["position"], "cancelled", outcome=outcome)
    if wanted == 0:
        conn.execute("UPDATE run SET state = 'cancelled', finished_at = %s WHERE id = %s", [clock.now(), run["id"]])
        _told_finished(conn, run, "cancelled", steps)
    return True


def _finish(conn: Connection, lease: Lease, run: DictRow, steps: list[DictRow]) -> None:
    """Every step is passed: it succeeded, unless nothing of it did."""
    state = "succeeded" if not steps or any(step["state"] in DONE for step in steps) else "failed"
    _told_finished(conn, run, state, steps)
    _release(conn, lease, run, state)


def _told_finished(conn: Connection, run: DictRow, state: str, steps: list[DictRow]) -> None:
    failed = sum(step["state"] in STOPPED for step in steps)
    ledger.tell(conn, run, "run_finished", FIRELINE, title=run["title"], state=state, failed_steps=failed)
    if run["parent_run"] is not None:
        wake(conn, "advance", run["parent_run"])
    if run["incident_id"] is not None:
        wake(conn, "probe", run["incident_id"])


def _release(conn: Connection, lease: Lease, run: DictRow, state: str) -> None:
    """Give the run back; a person's decision that comes later finds it free and wakes a worker."""
    conn.execute(Q["release_lease"], {"run": run["id"], "fence": lease.fence, "state": state, "at": clock.now()})
