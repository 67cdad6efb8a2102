"""Begin a run: the compiled procedure is stored by its content, and its steps become rows."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.errors import FirelineError, Refused
from fireline.incident.people import FIRELINE, Actor
from fireline.run import ledger
from fireline.run.approve import set_step
from fireline.run.ledger import Q
from fireline.run.world import World
from fireline.store.connect import Connection, one
from fireline.store.wake import wake

DEEPEST = 5  # calls of procedures by procedures


def content_hash(compiled: dict[str, Any]) -> str:
    """SHA-256 of the compiled procedure in canonical JSON: neither an upgrade nor an edit of the file changes a run."""
    text = json.dumps(compiled, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def start(
    conn: Connection,
    actor: Actor,
    *,
    compiled: dict[str, Any],
    incident: int | None,
    target: str | None,
    reason: str,
    parent: tuple[int, int] | None = None,
) -> int:
    """Store the procedure, the run and its steps, and wake a worker; the run's number.

    parent: run and position of the step that calls this procedure.
    """
    at = clock.now()
    digest = content_hash(compiled)
    conn.execute(
        Q["keep_procedure"], {"hash": digest, "revision": compiled["revision"], "compiled": Jsonb(compiled), "at": at}
    )
    row = one(
        conn,
        Q["add_run"],
        incident=incident,
        procedure=digest,
        title=compiled["title"],
        target=target,
        folder=compiled.get("folder"),
        reason=reason,
        by=actor.name,
        parent_run=parent[0] if parent else None,
        parent_step=parent[1] if parent else None,
        at=at,
    )
    assert row is not None
    run: int = row["id"]
    for position, step in enumerate(compiled["steps"], start=1):
        conn.execute(
            Q["add_step"],
            {
                "run": run,
                "position": position,
                "key": step["key"],
                "title": step["title"],
                "kind": step["kind"],
                "content": Jsonb(step),
                "by": actor.name,
            },
        )
    ledger.tell(
        conn, ledger.lock(conn, run), "run_started", actor, title=compiled["title"], reason=reason, target=target
    )
    wake(conn, "advance", run)
    return run


def start_procedure(
    conn: Connection,
    world: World,
    actor: Actor,
    *,
    procedure: str,
    incident: int | None,
    target: str | None,
    reason: str,
    parent: tuple[int, int] | None = None,
) -> int:
    """Compile a procedure of the team's runbooks as it stands now, and start it."""
    from fireline.runbook.compile import compile_procedure  # PostgreSQL's grammar is needed by few commands

    runbook, found = world.procedure(procedure)
    compiled = compile_procedure(runbook, found)
    compiled["folder"] = str(world.folder(runbook.path))
    return start(conn, actor, compiled=compiled, incident=incident, target=target, reason=reason, parent=parent)


def start_called(conn: Connection, world: World, run: DictRow, step: DictRow) -> None:
    """Start the procedure that a step calls; a call that can not be started fails the step."""
    try:
        refuse_recursion(conn, run)
        start_procedure(
            conn,
            world,
            FIRELINE,
            procedure=step["content"]["call"],
            incident=run["incident_id"],
            target=run["target"],
            reason=f"called by step {step['position']} of run {run['id']}",
            parent=(run["id"], step["position"]),
        )
    except FirelineError as wrong:
        set_step(
            conn, run["id"], step["position"], "failed", outcome={"summary": wrong.message, "error": wrong.message}
        )


def refuse_recursion(conn: Connection, run: DictRow) -> None:
    """Procedures that call each other in a circle end here."""
    depth = 0
    above: DictRow | None = run
    while above is not None and above["parent_run"] is not None:
        depth += 1
        above = one(conn, Q["run"], run=above["parent_run"])
    if depth >= DEEPEST:
        raise Refused(f"procedures call each other more than {DEEPEST} deep")
