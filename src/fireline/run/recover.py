"""A step that was cut off by a dying worker: a read runs again, a change is looked up by its transaction id or is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import FirelineError
from fireline.incident.people import FIRELINE
from fireline.postgres import statement
from fireline.postgres.connect import Identity
from fireline.run import attempts, bash, ledger
from fireline.run.approve import set_step, target_of
from fireline.run.content import command_of
from fireline.run.execute import verify
from fireline.run.lease import Lease
from fireline.run.ledger import Q
from fireline.run.work import Result
from fireline.run.world import World
from fireline.store.connect import one

TRIES = 3  # a read that kills its worker every time is not run for ever
AGAIN = timedelta(seconds=2)
PATIENCE = timedelta(minutes=3)  # a target that is away may come back and tell


def recover(world: World, lease: Lease, step: DictRow) -> None:
    """Settle the attempt that a dead lease left behind.

    A read runs again. intent: the side effect was never begun, since `running` is committed before it; nothing was
    changed. running with a transaction id: the server knows. Anything else: unknown, a person decides.
    """
    with lease.transaction() as (conn, run):
        left = one(conn, Q["open_attempt"], run=run["id"], position=step["position"], kind="do")
    if left is None:
        with lease.transaction() as (conn, run):
            conn.execute(Q["renew_step"], {"run": run["id"], "position": step["position"], "keep_choice": True})
        return
    if command_of(step["content"], step["choice"])[0] == "bash":
        bash.end_leftovers(bash.mark_of(run, left["id"]))
    result = _settle(world, run, step, left)
    with lease.transaction() as (conn, run):
        now = one(conn, Q["step"], run=run["id"], position=step["position"])
        assert now is not None
        if result is None:
            # The server still has the transaction; it ends by its own time limit. Look again soon.
            set_step(conn, run["id"], step["position"], "waiting", waits_for="clock", wake_at=clock.now() + AGAIN)
            return
        lost = one(conn, Q["lost_tries"], run=run["id"], position=step["position"])
        assert lost is not None
        attempts.end(conn, run, now, left["id"], result)
        if result.state == "unknown" and left["level"] == "read":
            if lost["n"] + 1 >= TRIES:
                outcome = {"summary": "its worker died each time it ran", "error": f"given up after {TRIES} tries"}
                set_step(conn, run["id"], step["position"], "failed", outcome=outcome)
            else:
                conn.execute(Q["renew_step"], {"run": run["id"], "position": step["position"], "keep_choice": True})
        ledger.record(conn, run["id"], "recovered", FIRELINE, position=step["position"], state=result.state)


def _settle(world: World, run: DictRow, step: DictRow, left: DictRow) -> Result | None:
    """What can be known about the attempt; None while the server still works on its transaction."""
    if left["level"] == "read":
        return Result("unknown", {"summary": "its worker died while it ran"})
    if left["state"] == "intent":
        return Result(
            "failed", {"summary": "its worker died before it began; nothing was changed", "error": "not begun"}
        )
    if left["xid"] is not None:
        return _by_transaction(world, run, step, left)
    return _unknown(world, run, step, left)


def _unknown(world: World, run: DictRow, step: DictRow, left: DictRow) -> Result:
    """Nobody knows; what the step's own probe sees now is shown to the person who decides."""
    outcome: dict[str, Any] = {"summary": "the worker died while this ran: it may or may not have happened"}
    try:
        seen = verify(world, run, step, left)
    except FirelineError as blind:
        outcome["verify"] = {"ok": None, "summary": blind.message}
    else:
        if seen is not None:
            outcome["verify"] = {"ok": seen.ok, "summary": seen.summary}
    return Result("unknown", outcome)


def _by_transaction(world: World, run: DictRow, step: DictRow, left: DictRow) -> Result | None:
    """Ask the server what became of the transaction, if it is still the same server."""
    target = target_of(world, run, step)
    if target is None or not left["server"]:
        return _unknown(world, run, step, left)
    try:
        status = statement.xact_status(target, left["xid"], Identity(**left["server"]))
    except FirelineError:
        waited = clock.now() - (left["started_at"] or left["intent_at"])
        return None if waited < PATIENCE else _unknown(world, run, step, left)
    if status == "committed":
        return Result("succeeded", {"summary": "the worker died, but the server committed this", "xid": left["xid"]})
    if status == "aborted":
        why = "the worker died and the server rolled this back: nothing was changed"
        return Result("failed", {"summary": why, "error": "rolled back", "xid": left["xid"]})
    return None if status == "in progress" else _unknown(world, run, step, left)
