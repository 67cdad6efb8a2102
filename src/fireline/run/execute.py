"""Carry out one attempt, each kind in a file of its own: SQL on a target, a bash command, a remedy; and verify it."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline.errors import FirelineError, Refused, TargetUnavailable
from fireline.run import bash_step, remedy_step, sql_step
from fireline.run.content import chosen_action
from fireline.run.remedy import Hand, Verdict
from fireline.run.work import Result, Work, failed, values_of
from fireline.run.world import World


def execute(work: Work) -> Result:
    """Do it. Whatever the step does wrong is in the result; only a lost lease is raised."""
    content = work.step["content"]
    try:
        if work.captured.get("captured", {}).get("lines"):
            return remedy_step.carry_out(work)
        action = content["undo"] if work.undo else chosen_action(content, work.step["choice"])
        if action is None:
            return failed(Refused("there is nothing here that Fireline could run"))
        if action["language"] == "bash":
            return bash_step.carry_out(work, action["command"])
        return _verified(work, sql_step.carry_out(work, action))
    except (Refused, TargetUnavailable) as refused:
        return failed(refused)


def _verified(work: Work, result: Result) -> Result:
    """A change that succeeded, with what its own probe sees afterwards."""
    if result.state != "succeeded" or work.level == "read" or work.undo:
        return result
    try:
        verdict = verify(work.world, work.run, work.step, {"plan": work.captured})
    except FirelineError as blind:
        verdict = Verdict(None, f"it could not be verified: {blind.message}")
    if verdict is not None:
        result.outcome["verify"] = {"ok": verdict.ok, "summary": verdict.summary}
    return result


def verify(world: World, run: DictRow, step: DictRow, attempt: DictRow | dict[str, Any]) -> Verdict | None:
    """Whether a step worked, by its own probe: a remedy's verify, or the runbook's; None when it has none."""
    plan = attempt["plan"] or {}
    if plan.get("captured", {}).get("lines"):
        verdicts = []
        hand = Hand(world.settings, world.store, actor=run["requested_by"])
        for planned in plan["captured"]["lines"]:
            remedy, target, its_plan = remedy_step.remedy_of(world, planned)
            verdicts.append(remedy.verify(target, its_plan, hand))
        known = [verdict.ok for verdict in verdicts]
        ok = False if False in known else None if None in known else True
        return Verdict(ok, " ".join(verdict.summary for verdict in verdicts))
    action, name = step["content"].get("verify"), step["content"].get("target") or run["target"]
    if not action or action["language"] != "sql" or name not in world.targets:
        return None
    seen = sql_step.look(world.targets[name], action, values_of(step), world.settings.policy.read_timeout)
    return Verdict(None, "; ".join(sql_step.seen(rows) for rows in seen))
