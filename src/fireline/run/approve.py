"""A named person's yes or no to exactly this command, on this target, for a limited time."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import NotFound, Refused
from fireline.incident.people import Actor
from fireline.run import gate, ledger
from fireline.run.content import bound, command_of, digest
from fireline.run.ledger import Q
from fireline.run.world import World
from fireline.settings import duration
from fireline.store.chain import plain
from fireline.store.connect import Connection, one
from fireline.store.wake import wake


def target_of(world: World, run: DictRow, step: DictRow) -> Any:
    """The target that a step acts on, or None when none is configured under its name."""
    name = step["content"].get("target") or run["target"]
    return world.targets.get(name) if name else None


def ask(
    conn: Connection,
    world: World,
    run: DictRow,
    step: DictRow,
    *,
    asked_by: Actor,
    requested_by: str,
    kind: str = "do",
) -> int:
    """Put the question: an approval row that shows what would be done and is bound to the hash of it.

    asked_by stands in the ledger; requested_by is whose wish the step is, and may not alone approve a destructive one.
    """
    content = bound(step, run, target_of(world, run, step), kind=kind)
    language, command = command_of(step["content"], step["choice"])
    plan = step["plan"] or {}
    shown = redact.tree(
        plain(
            {
                "title": step["title"],
                "language": content["language"] or language,
                "command": content["command"] or command,
                "parameters": step["parameters"],
                "target": step["content"].get("target") or run["target"],
                "summary": plan.get("summary"),
                "effect": plan.get("effect"),
                "undo": plan.get("undo") or step["content"].get("undo_text"),
                "runbook": {
                    "file": run["runbook_file"],
                    "revision": run["runbook_revision"],
                    "line": step["content"].get("line"),
                },
            }
        )
    )
    lasts = step["content"].get("expires")
    at = clock.now()
    expires = at + (duration(lasts) if lasts else world.settings.policy.approval_expires)
    row = one(
        conn,
        Q["ask_approval"],
        run=run["id"],
        position=step["position"],
        kind=kind,
        hash=digest(content),
        shown=Jsonb(shown),
        level=step["level"],
        by=requested_by,
        at=at,
        expires=expires,
    )
    assert row is not None
    ledger.tell(
        conn,
        run,
        "approval_wanted",
        asked_by,
        position=step["position"],
        title=step["title"],
        command=shown["command"],
        expires_at=expires,
        undo=kind == "undo",
    )
    if run["incident_id"] is not None:
        wake(conn, "tell", run["incident_id"])
    wake(conn, "clocks", "all", at=expires)
    return int(row["id"])


def _open(conn: Connection, run: int, position: int, kind: str) -> DictRow:
    row = one(conn, Q["approval"], run=run, position=position, kind=kind)
    if row is None:
        raise NotFound(f"no approval is wanted for step {position} of run {run}")
    return row


def _kind(conn: Connection, run: int, step: int) -> str:
    """An undo that waits for a yes stands before the step itself."""
    row = one(conn, Q["approval"], run=run, position=step, kind="undo")
    return "undo" if row is not None and row["state"] in ("asked", "given") else "do"


def approve(
    conn: Connection,
    actor: Actor,
    world: World,
    *,
    run: int,
    step: int,
    hash: str | None = None,  # noqa: A002 - the word of the API
    level: str | None = None,
    reason: str = "",
    break_glass: bool = False,
) -> dict[str, Any]:
    """Say yes to what is shown; the step starts as soon as a worker is free.

    hash: the content hash that was read; when it is not the content that would run, the answer is a refusal.
    level: reversible or destructive, where Fireline does not know what the step may do.
    """
    row = ledger.lock(conn, run)
    kind = _kind(conn, run, step)
    asked = _open(conn, run, step, kind)
    state = one(conn, Q["step"], run=run, position=step)
    assert state is not None
    if asked["state"] in ("given", "used"):
        if asked["decided_by"] == actor.name:
            return {"run": run, "step": step, "state": asked["state"], "note": "you have approved this already"}
        raise Refused(f"{asked['decided_by']} has approved this already")
    if asked["state"] == "asked" and asked["expires_at"] <= clock.now():
        raise Refused("this approval expired", hint="`fireline run retry` asks again, with the state as it is now.")
    if asked["state"] != "asked":
        raise Refused(f"this approval is {asked['state']}", hint="`fireline run show` tells what is wanted now.")
    current = digest(bound(state, row, target_of(world, row, state), kind=kind))
    if current != asked["content_hash"] or (hash is not None and hash != current):
        raise Refused(
            "the content has changed since the approval was asked for, so nothing was approved",
            hint="Read the step again; `fireline run retry` asks anew.",
        )
    gate.refuse_when_halted(conn)
    settled = gate.level_for(state, level)
    gate.check_person(conn, actor, asked["requested_by"], settled, break_glass=break_glass, reason=reason)
    gate.check_backup(conn, world, row["target"], settled, break_glass=break_glass)
    _decide(conn, asked, actor, "given", reason=reason, level=settled, break_glass=break_glass)
    if kind == "do":
        set_step(conn, run, step, "authorised", level=settled)
    ledger.tell(
        conn,
        row,
        "approved",
        actor,
        position=step,
        title=state["title"],
        door=actor.door,
        level=settled,
        break_glass=break_glass,
        reason=reason,
        undo=kind == "undo",
    )
    wake(conn, "advance", run)
    return {"run": run, "step": step, "state": "given", "level": settled}


def reject(conn: Connection, actor: Actor, *, run: int, step: int, reason: str = "") -> dict[str, Any]:
    """Say no; the step fails as rejected, and a person may replace, skip or ask for it again."""
    row = ledger.lock(conn, run)
    kind = _kind(conn, run, step)
    asked = _open(conn, run, step, kind)
    if asked["state"] != "asked":
        raise Refused(f"this approval is {asked['state']}")
    if not actor.is_person:
        raise Refused("only a person can decide")
    state = one(conn, Q["step"], run=run, position=step)
    assert state is not None
    _decide(conn, asked, actor, "rejected", reason=reason)
    if kind == "do":
        set_step(
            conn, run, step, "cancelled", outcome={"summary": f"rejected by {actor.name}", "error": reason or None}
        )
    ledger.tell(conn, row, "rejected", actor, position=step, title=state["title"], reason=reason, undo=kind == "undo")
    wake(conn, "advance", run)
    return {"run": run, "step": step, "state": "rejected"}


def _decide(
    conn: Connection,
    asked: DictRow,
    actor: Actor,
    state: str,
    *,
    reason: str,
    level: str | None = None,
    break_glass: bool = False,
) -> None:
    conn.execute(
        Q["set_approval"],
        {
            "approval": asked["id"],
            "state": state,
            "by": actor.name,
            "at": clock.now(),
            "door": actor.door,
            "reason": redact.text(reason) or None,
            "level": level,
            "break_glass": break_glass,
        },
    )


def set_step(
    conn: Connection,
    run: int,
    position: int,
    state: str,
    *,
    waits_for: str | None = None,
    level: str | None = None,
    level_reason: str | None = None,
    outcome: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
    choice: str | None = None,
    wake_at: Any = None,
) -> None:
    """Give a step its new state; level, outcome, plan and choice stay when they are not named."""
    conn.execute(
        Q["set_step"],
        {
            "run": run,
            "position": position,
            "state": state,
            "waits_for": waits_for,
            "wake_at": wake_at,
            "level": level,
            "level_reason": level_reason,
            "outcome": None if outcome is None else Jsonb(redact.tree(plain(outcome))),
            "plan": None if plan is None else Jsonb(plain(plan)),
            "choice": choice,
        },
    )


def expire(conn: Connection) -> list[int]:
    """Mark approvals that nobody used in time; the runs they belong to."""
    rows = conn.execute(Q["expired_approvals"], {"at": clock.now()}).fetchall()
    return [row["run_id"] for row in rows]
