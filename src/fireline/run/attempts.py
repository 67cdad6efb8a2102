"""One attempt from intent to result: the row before the side effect, the outcome after it, under one fence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import FirelineError, Refused
from fireline.incident.people import FIRELINE
from fireline.incident.transitions import advance_status
from fireline.run import expect, gate, ledger
from fireline.run.approve import set_step, target_of
from fireline.run.content import bound, digest
from fireline.run.execute import execute
from fireline.run.lease import Lease, LeaseLost
from fireline.run.ledger import Q
from fireline.run.sql_step import CutOff
from fireline.run.work import Result, Work, facts_of
from fireline.run.world import World
from fireline.store.chain import plain
from fireline.store.connect import Connection, one
from fireline.store.wake import wake


def do(world: World, lease: Lease, conn: Connection, run: DictRow, step: DictRow) -> Callable[[], None]:
    """Write the intent of an authorised step, in the caller's transaction; what is returned carries it out."""
    approved = None
    if step["level"] != "read":
        approved = one(conn, Q["approval"], run=run["id"], position=step["position"], kind="do")
        refusal = _why_not(world, conn, run, step, approved)
        if refusal is not None:
            _withdraw(conn, run, step, approved, refusal)
            return _nothing
    attempt = _intend(lease, conn, run, step, approved, kind="do")
    set_step(conn, run["id"], step["position"], "intent")
    conn.execute(Q["count_attempt"], {"run": run["id"], "position": step["position"]})
    if step["level"] != "read" and run["incident_id"] is not None:
        advance_status(conn, run["incident_id"], _phase(step), FIRELINE)
    work = _work(world, lease, run, step, attempt, step["level"], undo=False)
    return lambda: _carry_out(work)


def _phase(step: DictRow) -> str:
    """Which phase of the incident a change belongs to: its remedies say, anything else resolves."""
    lines = (step["plan"] or {}).get("captured", {}).get("lines") or []
    contains = bool(lines) and all(one["remedy"].startswith("contain ") for one in lines)
    return "containing" if contains else "resolving"


def undo(world: World, lease: Lease, conn: Connection, run: DictRow, approved: DictRow) -> Callable[[], None]:
    """Write the intent of an approved undo; what is returned carries it out."""
    step = one(conn, Q["step"], run=run["id"], position=approved["position"])
    assert step is not None
    refusal = _why_not(world, conn, run, step, approved)
    if refusal is not None:
        _use(conn, approved, "void")
        ledger.record(conn, run["id"], "undo_refused", FIRELINE, position=step["position"], error=refusal.message)
        return _nothing
    attempt = _intend(lease, conn, run, step, approved, kind="undo")
    work = _work(world, lease, run, step, attempt, approved["level"] or "reversible", undo=True)
    return lambda: _carry_out(work)


def end_cut_off_undo(conn: Connection, run: DictRow, left: DictRow) -> None:
    """End an undo whose worker died: its approval is used, and nobody knows how far it came, so it is not begun again."""
    step = one(conn, Q["step"], run=run["id"], position=left["position"])
    assert step is not None
    result = Result("unknown", {"summary": "the worker died during this undo: it may or may not have happened"})
    if left["state"] == "intent":
        result = Result("failed", {"summary": "its worker died before this undo began; nothing was changed"})
    end(conn, run, step, left["id"], result, undo=True)


def _nothing() -> None:
    """The rows have changed; the caller looks again."""


def _why_not(
    world: World, conn: Connection, run: DictRow, step: DictRow, approved: DictRow | None
) -> FirelineError | None:
    """Why a change may not start though it is authorised; everything is looked at again at the last moment."""
    if approved is None or approved["state"] != "given":
        return Refused("nobody has approved this")
    if approved["expires_at"] <= clock.now():
        return Refused("the approval expired before a worker could start the step")
    content = bound(step, run, target_of(world, run, step), kind=approved["kind"])
    if digest(content) != approved["content_hash"]:
        return Refused("the content has changed since it was approved")
    try:
        gate.check_backup(conn, world, run["target"], approved["level"] or "", break_glass=approved["break_glass"])
    except Refused as refused:
        return refused
    return None


def _withdraw(conn: Connection, run: DictRow, step: DictRow, approved: DictRow | None, why: FirelineError) -> None:
    """Take a step back that may not start: its approval is void and it is planned anew, so that it is asked for again."""
    if approved is not None:
        _use(conn, approved, "expired" if "expired" in why.message else "void")
    conn.execute(Q["renew_step"], {"run": run["id"], "position": step["position"], "keep_choice": True})
    ledger.tell(
        conn, run, "approval_void", FIRELINE, position=step["position"], title=step["title"], reason=why.message
    )


def _use(conn: Connection, approved: DictRow, state: str) -> None:
    conn.execute(
        Q["set_approval"],
        {"approval": approved["id"], "state": state, "by": None, "at": None, "door": None, "reason": None,
         "level": None, "break_glass": False},
    )  # fmt: skip


def _intend(lease: Lease, conn: Connection, run: DictRow, step: DictRow, approved: DictRow | None, *, kind: str) -> int:
    """The attempt's row, committed before anything is done."""
    row = one(
        conn,
        Q["add_attempt"],
        run=run["id"],
        position=step["position"],
        kind=kind,
        level=(approved["level"] if approved else step["level"]) or "reversible",
        hash=approved["content_hash"] if approved else digest(bound(step, run, None)),
        approval=approved["id"] if approved else None,
        fence=lease.fence,
        worker=lease.worker,
        server=Jsonb((step["plan"] or {}).get("server")),
        plan=Jsonb(step["plan"]) if step["plan"] else None,
        at=clock.now(),
    )
    assert row is not None
    if approved is not None:
        _use(conn, approved, "used")
    ledger.record(
        conn, run["id"], "intent", FIRELINE, position=step["position"], attempt=row["id"], undo=kind == "undo"
    )
    return int(row["id"])


def _work(world: World, lease: Lease, run: DictRow, step: DictRow, attempt: int, level: str, *, undo: bool) -> Work:
    def begin(xid: str | None) -> None:
        with lease.transaction() as (conn, held):
            started = one(conn, Q["start_attempt"], attempt=attempt, xid=xid, fence=lease.fence, at=clock.now())
            if started is None:
                raise LeaseLost
            if not undo:
                set_step(conn, held["id"], step["position"], "running")
            ledger.record(conn, held["id"], "running", FIRELINE, position=step["position"], attempt=attempt, xid=xid)

    return Work(world, lease, run, step, attempt, level, target_of(world, run, step), begin, undo=undo,
                captured=step["plan"] or {})  # fmt: skip


def _carry_out(work: Work) -> None:
    """Do it and write what became of it; a lease that was lost meanwhile leaves that to who has it now."""
    try:
        result = execute(work)
    except CutOff:
        return  # the step still stands as running; the next look asks the server by the transaction's id
    with work.lease.transaction() as (conn, run):
        for kind, target, payload in result.artefacts:
            kept = one(
                conn, Q["keep_artefact"], attempt=work.attempt, incident=run["incident_id"], target=target, kind=kind,
                payload=Jsonb(redact.tree(plain(payload))), at=clock.now(),
            )  # fmt: skip
            assert kept is not None
            result.outcome.setdefault("kept", []).append({"kind": kind, "id": kept["id"]})
            result.outcome["summary"] = f"{result.outcome['summary']}; kept as {kind} {kept['id']}"
        step = one(conn, Q["step"], run=run["id"], position=work.step["position"])
        assert step is not None
        end(conn, run, step, work.attempt, result, undo=work.undo)
    if result.state == "cancelled":
        work.lease.resume()


def end(conn: Connection, run: DictRow, step: DictRow, attempt: int, result: Result, *, undo: bool = False) -> None:
    """Write the end of an attempt, and the step's state with it."""
    outcome = redact.tree(plain(result.outcome))
    conn.execute(
        Q["end_attempt"],
        {"attempt": attempt, "state": result.state, "at": clock.now(), "outcome": Jsonb(outcome),
         "output": None if result.output is None else redact.text(result.output), "plan": None},
    )  # fmt: skip
    if undo:
        _end_undo(conn, run, step, attempt, result.state, outcome)
        return
    unmet = _unmet(step, outcome) if result.state == "succeeded" else []
    retries = int(step["content"].get("retry") or 0)
    if unmet:
        outcome = {**outcome, "expectation": unmet, "summary": f"not as expected: {'; '.join(unmet)}"}
        set_step(conn, run["id"], step["position"], "waiting", waits_for="decision", outcome=outcome)
    elif result.state in ("failed", "timed_out") and step["level"] == "read" and step["attempts"] <= retries:
        conn.execute(Q["renew_step"], {"run": run["id"], "position": step["position"], "keep_choice": True})
    else:
        set_step(conn, run["id"], step["position"], result.state, outcome=outcome)
    tell_step(conn, run, step, result.state, outcome)
    if step["level"] != "read" and run["incident_id"] is not None:
        wake(conn, "probe", run["incident_id"])


def _end_undo(conn: Connection, run: DictRow, step: DictRow, attempt: int, state: str, outcome: dict[str, Any]) -> None:
    if state == "succeeded":
        done = conn.execute(
            "SELECT max(id) AS id FROM attempt WHERE run_id = %s AND position = %s AND kind = 'do'"
            " AND state IN ('succeeded', 'unknown') AND level <> 'read'",
            [run["id"], step["position"]],
        ).fetchone()
        assert done is not None
        conn.execute(Q["mark_undone"], {"attempt": done["id"], "by": attempt})
    kind = "undone" if state == "succeeded" else "undo_failed"
    ledger.tell(conn, run, kind, FIRELINE, position=step["position"], title=step["title"],
                summary=outcome.get("summary", ""), state=state)  # fmt: skip
    if run["incident_id"] is not None:
        wake(conn, "probe", run["incident_id"])


def _unmet(step: DictRow, outcome: dict[str, Any]) -> list[str]:
    """The expectations that the outcome does not meet; one that can not be judged is unmet as well."""
    return [
        wanted for wanted in step["content"].get("expect") or [] if expect.holds(wanted, facts_of(outcome)) is not True
    ]


def tell_step(
    conn: Connection, run: DictRow, step: DictRow | dict[str, Any], state: str, outcome: dict[str, Any]
) -> None:
    """One line of the story about a step that came to an end."""
    told = {key: outcome[key] for key in ("error", "hint", "rows", "ms", "exit") if outcome.get(key) is not None}
    ledger.tell(
        conn,
        run,
        "step",
        FIRELINE,
        position=step["position"],
        title=step["title"],
        state=state,
        level=step["level"],
        line=step["content"].get("line"),
        summary=outcome.get("summary", ""),
        **told,
    )
