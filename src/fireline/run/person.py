"""What a person says to a step other than yes or no: an answer, a tick, a decision, skip, retry, another command, stop."""

from __future__ import annotations

import math
import re
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import NotFound, Refused, Usage
from fireline.incident.people import Actor
from fireline.run import ledger
from fireline.run.approve import set_step
from fireline.run.content import chosen_action
from fireline.run.ledger import Q
from fireline.store.connect import Connection, one
from fireline.store.wake import wake

ENDED = ("failed", "timed_out", "cancelled", "unknown")
YES, NO, IMPOSSIBLE = "yes", "no", "not possible"


def _step(conn: Connection, actor: Actor, run: int, step: int) -> tuple[DictRow, DictRow]:
    """The run and the step, locked, for a person."""
    if not actor.is_person:
        raise Refused("only a person can decide")
    row = ledger.lock(conn, run)
    found = one(conn, Q["step"], run=run, position=step)
    if found is None:
        raise NotFound(f"run {run} has no step {step}", hint=f"`fireline run show {run}` lists its steps.")
    return row, found


def _again(conn: Connection, row: DictRow) -> None:
    """The run goes on, also when it had come to its end with something failed."""
    if row["state"] in ("succeeded", "cancelled"):
        raise Refused(f"run {row['id']} is {row['state']}", hint="Start the procedure again.")
    if row["state"] == "failed":
        conn.execute("UPDATE run SET state = 'running', finished_at = NULL WHERE id = %s", [row["id"]])
    wake(conn, "advance", row["id"])


def answer(conn: Connection, actor: Actor, *, run: int, step: int, answers: dict[str, str]) -> dict[str, Any]:
    """Fill in what a step asks for: a value for each of its parameters. Changing one voids an approval."""
    row, state = _step(conn, actor, run, step)
    if state["state"] not in ("planned", "waiting"):
        raise Refused(f"step {step} is {state['state']}: its parameters are settled")
    parameters = {parameter["name"]: parameter for parameter in state["content"].get("parameters", [])}
    for name, value in answers.items():
        if name not in parameters:
            raise Usage(
                f"step {step} does not ask for {name!r}", hint=f"It asks for: {', '.join(parameters) or 'nothing'}."
            )
        _check_value(parameters[name], value)
    conn.execute(Q["set_parameters"], {"run": run, "position": step, "parameters": Jsonb(redact.tree(answers))})
    conn.execute(Q["void_approvals"], {"run": run, "position": step})
    conn.execute(Q["renew_step"], {"run": run, "position": step, "keep_choice": True})
    ledger.record(conn, run, "answered", actor, position=step, answers=answers)
    _again(conn, row)
    return {"run": run, "step": step, "answers": answers}


def _check_value(parameter: dict[str, Any], value: str) -> None:
    name, kind = parameter["name"], parameter.get("type", "text")
    if parameter.get("secret"):
        raise Refused(
            f"{name} is a secret and is not typed in", hint="Set it where the worker runs, as the runbook names it."
        )
    if not value.strip():
        raise Usage(f"{name} is empty")
    if "\0" in value:
        raise Usage(f"{name} holds a zero byte")
    if parameter.get("choices") and value not in parameter["choices"]:
        raise Usage(f"{name} may be one of: {', '.join(parameter['choices'])}")
    if parameter.get("pattern") and not re.fullmatch(parameter["pattern"], value):
        raise Usage(f"{name} must match {parameter['pattern']}")
    if kind == "number":
        _check_number(parameter, value)


def _check_number(parameter: dict[str, Any], value: str) -> None:
    name, least, most = parameter["name"], parameter.get("minimum"), parameter.get("maximum")
    try:
        number = float(value)
    except ValueError:
        raise Usage(f"{name} must be a number, not {value!r}") from None
    if not math.isfinite(number) or (least is not None and number < least) or (most is not None and number > most):
        raise Usage(
            f"{name} must be between {least if least is not None else '…'} and {most if most is not None else '…'}"
        )


def tick(
    conn: Connection, actor: Actor, *, run: int, step: int, note: str = "", items: list[str] | None = None
) -> dict[str, Any]:
    """Say that a manual step is done; a checklist wants a tick on each of its items."""
    row, state = _step(conn, actor, run, step)
    if (
        state["state"] != "waiting"
        or state["waits_for"] != "input"
        or state["kind"] not in ("manual", "checklist", "decision")
    ):
        raise Refused(
            f"step {step} does not wait for a tick", hint=f"`fireline run show {run}` tells what it waits for."
        )
    wanted = list(state["content"].get("checklist") or [])
    before = (state["outcome"] or {}).get("ticked", [])
    given = wanted if items is None else [_item(wanted, item) for item in items]
    ticked = [item for item in wanted if item in before or item in given]
    left = [item for item in wanted if item not in ticked]
    clean = redact.text(note)
    if left:
        set_step(
            conn, run, step, "waiting", waits_for="input", outcome={"ticked": ticked, "summary": f"{len(left)} left"}
        )
        ledger.record(conn, run, "ticked_item", actor, position=step, items=given, note=clean)
    else:
        set_step(conn, run, step, "succeeded", outcome={"ticked": ticked, "summary": clean or "done", "by": actor.name})
        ledger.tell(conn, row, "ticked", actor, position=step, title=state["title"], note=clean)
    _again(conn, row)
    return {"run": run, "step": step, "left": left}


def _item(wanted: list[str], item: str) -> str:
    if item in wanted:
        return item
    if item.isdigit() and 1 <= int(item) <= len(wanted):
        return wanted[int(item) - 1]
    raise Usage(f"there is no item {item!r} on this list", hint="Name it by its number or its text.")


def decide(conn: Connection, actor: Actor, *, run: int, step: int, choice: str, reason: str = "") -> dict[str, Any]:
    """Answer a decision.

    "if needed": yes, no or not possible. Alternatives: the number of one. A failed expectation: continue or stop.
    An unknown outcome: worked or failed.
    """
    row, state = _step(conn, actor, run, step)
    folded = choice.strip().casefold()
    if state["state"] == "unknown":
        _settle_unknown(conn, actor, row, state, folded, reason)
    elif state["state"] == "waiting" and state["waits_for"] == "decision":
        if (state["outcome"] or {}).get("expectation"):
            _settle_expectation(conn, actor, row, state, folded, reason)
        else:
            _settle_choice(conn, row, state, actor, folded, reason)
    else:
        raise Refused(
            f"step {step} does not wait for a decision", hint=f"`fireline run show {run}` tells what it waits for."
        )
    ledger.tell(
        conn, row, "decided", actor, position=step, title=state["title"], choice=folded, reason=redact.text(reason)
    )
    _again(conn, row)
    return {"run": run, "step": step, "choice": folded}


def _settle_unknown(conn: Connection, actor: Actor, row: DictRow, state: DictRow, choice: str, reason: str) -> None:
    if choice not in ("worked", "failed"):
        raise Usage("the outcome of this step is unknown: say worked or failed")
    why = f"{actor.name} says it {'worked' if choice == 'worked' else 'failed'}" + (f": {reason}" if reason else "")
    after = "succeeded" if choice == "worked" else "failed"
    set_step(conn, row["id"], state["position"], after, outcome={**(state["outcome"] or {}), "summary": why})


def _settle_expectation(conn: Connection, actor: Actor, row: DictRow, state: DictRow, choice: str, reason: str) -> None:
    if choice not in ("continue", "stop"):
        raise Usage("the step did not meet its expectation: say continue or stop")
    if choice == "continue":
        set_step(conn, row["id"], state["position"], "succeeded", choice=choice)
    else:
        why = {**(state["outcome"] or {}), "error": f"stopped by {actor.name}" + (f": {reason}" if reason else "")}
        set_step(conn, row["id"], state["position"], "failed", outcome=why, choice=choice)


def _settle_choice(conn: Connection, row: DictRow, state: DictRow, actor: Actor, choice: str, reason: str) -> None:
    alternatives = state["content"].get("alternatives") or []
    if choice in (NO, IMPOSSIBLE):
        summary = f"{actor.name}: {choice}" + (f", {reason}" if reason else "")
        set_step(conn, row["id"], state["position"], "skipped", outcome={"summary": summary}, choice=choice)
        return
    if alternatives and chosen_action(state["content"], choice) is None:
        raise Usage(f"choose one of 1 to {len(alternatives)}, or no")
    if not alternatives and choice != YES:
        raise Usage("answer yes, no or not possible")
    has_action = bool(chosen_action(state["content"], choice))
    after, waits = ("planned", None) if has_action or state["content"].get("call") else ("waiting", "input")
    if after == "waiting" and not state["content"].get("checklist"):
        set_step(conn, row["id"], state["position"], "succeeded", choice=choice,
                 outcome={"summary": reason or "done", "by": actor.name})  # fmt: skip
        return
    set_step(conn, row["id"], state["position"], after, waits_for=waits, choice=choice)


def skip(conn: Connection, actor: Actor, *, run: int, step: int, reason: str) -> dict[str, Any]:
    """Leave a step out, with the reason: it stands in the post-mortem."""
    row, state = _step(conn, actor, run, step)
    if not reason.strip():
        raise Usage("skipping needs a reason")
    if state["state"] in ("succeeded", "skipped", "intent", "running"):
        raise Refused(f"step {step} is {state['state']} and can not be skipped")
    conn.execute(Q["void_approvals"], {"run": run, "position": step})
    outcome = {**(state["outcome"] or {}), "skipped": redact.text(reason)}
    set_step(conn, run, step, "skipped", outcome=outcome)
    ledger.tell(conn, row, "skipped", actor, position=step, title=state["title"], reason=reason)
    _again(conn, row)
    return {"run": run, "step": step, "state": "skipped"}


def retry(conn: Connection, actor: Actor, *, run: int, step: int) -> dict[str, Any]:
    """Try a step again from its beginning: its level is proved, its plan made and its approval asked for anew."""
    row, state = _step(conn, actor, run, step)
    stale = state["state"] == "waiting" and state["waits_for"] == "approval"
    if state["state"] not in ENDED and not stale:
        raise Refused(f"step {step} is {state['state']}: there is nothing to try again")
    conn.execute(Q["void_approvals"], {"run": run, "position": step})
    conn.execute(Q["renew_step"], {"run": run, "position": step, "keep_choice": True})
    ledger.tell(conn, row, "retried", actor, position=step, title=state["title"])
    _again(conn, row)
    return {"run": run, "step": step, "state": "planned"}


def replace(
    conn: Connection, actor: Actor, *, run: int, step: int, content: dict[str, Any], reason: str
) -> dict[str, Any]:
    """Put another command in a step's place, recorded as a deviation; it needs an approval of its own."""
    row, state = _step(conn, actor, run, step)
    if state["state"] in ("succeeded", "intent", "running"):
        raise Refused(f"step {step} is {state['state']} and can not be replaced")
    conn.execute(Q["void_approvals"], {"run": run, "position": step})
    merged = {**state["content"], "alternatives": [], "verify": None, "undo": None, "before": None, "undo_text": None,
              "expect": [], "decision": None, "condition": None, "call": None, "checklist": [], "level": None, **content}  # fmt: skip
    conn.execute(
        Q["set_content"],
        {"run": run, "position": step, "content": Jsonb(merged), "kind": merged["kind"], "by": actor.name},
    )
    conn.execute(Q["renew_step"], {"run": run, "position": step, "keep_choice": False})
    ledger.tell(
        conn,
        row,
        "replaced",
        actor,
        position=step,
        title=state["title"],
        command=merged["action"]["command"],
        reason=reason,
    )
    _again(conn, row)
    return {"run": run, "step": step, "kind": merged["kind"], "state": "planned"}


def cancel(conn: Connection, actor: Actor, *, run: int, step: int | None = None, reason: str = "") -> dict[str, Any]:
    """Stop one step, or the whole run. What runs is ended within a second or so; undo is offered, never automatic."""
    if not actor.is_person:
        raise Refused("only a person can decide")
    row = ledger.lock(conn, run)
    if row["state"] in ("succeeded", "failed", "cancelled"):
        raise Refused(f"run {run} is {row['state']} already")
    if step is not None:
        found = one(conn, Q["step"], run=run, position=step)
        if found is None or found["state"] not in ("intent", "running", "authorised"):
            raise Refused(f"step {step} does not run", hint="Skip it instead, or cancel the whole run.")
    conn.execute(
        Q["ask_cancel"], {"run": run, "step": step or 0, "by": actor.name, "reason": redact.text(reason) or None}
    )
    ledger.tell(conn, row, "cancel_asked", actor, position=step, reason=reason, at=clock.now())
    wake(conn, "advance", run)
    return {"run": run, "step": step, "state": "stopping"}
