"""The remedies of a step, one after another, each after its plan; undo goes through them backwards."""

from __future__ import annotations

import time
from typing import Any

from fireline.errors import Refused
from fireline.postgres import statement
from fireline.postgres.connect import Target, connect
from fireline.run.remedy import Outcome, Plan, Remedy
from fireline.run.work import Result, Work, check_server
from fireline.run.world import World


def carry_out(work: Work) -> Result:
    """Each line's remedy in order; the first that fails ends the step. Undo goes through them backwards."""
    lines = work.captured["captured"]["lines"]
    summaries: list[str] = []
    facts: dict[str, Any] = {}
    artefacts: list[tuple[str, str, dict[str, Any]]] = []
    started = time.monotonic()
    work.begin(None)
    for planned in reversed(lines) if work.undo else lines:
        if not work.lease.fresh:
            raise Refused("another worker has taken this run over, so nothing more was started")
        remedy, target, plan = remedy_of(work.world, planned)
        if work.undo and remedy.undo is None:
            raise Refused(f"{remedy.name} has no undo: {remedy.no_undo}")
        with connect(target) as conn:
            check_server(planned.get("server"), conn, target)
        done = _act(work, remedy, target, plan)
        summaries.append(done.summary)
        facts.update(done.facts)
        if done.artefact is not None:
            artefacts.append((done.artefact[0], target.name, done.artefact[1]))
        if not done.ok and work.lease.stop_reason is not None:
            text = "; ".join([work.lease.stop_reason, *summaries])
            return Result("cancelled", {"summary": text, "facts": facts}, artefacts=artefacts)
        verdict = remedy.verify(target, plan) if done.ok and not work.undo else None
        if verdict is not None:
            facts["verify"] = {"ok": verdict.ok, "summary": verdict.summary}
            summaries.append(verdict.summary)
        if not done.ok or (verdict is not None and verdict.ok is False):
            text = "; ".join(summaries)
            return Result("failed", {"summary": text, "error": summaries[-1], "facts": facts}, artefacts=artefacts)
    ms = int((time.monotonic() - started) * 1000)
    return Result("succeeded", {"summary": "; ".join(summaries), "facts": facts, "ms": ms}, artefacts=artefacts)


def _act(work: Work, remedy: Remedy, target: Target, plan: Plan) -> Outcome:
    """One remedy's do or undo; one that can be stopped in the middle hears when it is not wanted any more."""
    if work.undo and remedy.undo is not None:
        return remedy.undo(target, plan)
    if remedy.do_until is None:
        return remedy.do(target, plan)
    cancel = statement.Cancel()
    with work.lease.stopping(cancel.cancel):
        return remedy.do_until(target, plan, cancel)


def remedy_of(world: World, planned: dict[str, Any]) -> tuple[Remedy, Target, Plan]:
    """The remedy, target and plan of a planned line, as they were stored when the approval was asked for."""
    remedy = world.remedies.get(planned["remedy"])
    if remedy is None:
        raise Refused(
            f"this Fireline has no remedy {planned['remedy']}", hint="Run a worker of the version that planned it."
        )
    plan = Plan(planned["summary"], planned["effect"], planned["undo"], planned["level"], planned["captured"])
    return remedy, world.target(planned["target"]), plan
