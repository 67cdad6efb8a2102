"""What a planned step needs before it may start: an answer, a decision, a proof that it only reads, or an approval."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from psycopg.rows import DictRow

from fireline.errors import FirelineError, TargetUnavailable
from fireline.postgres import statement
from fireline.postgres.connect import Target, connect, identity, reach
from fireline.run import expect, line
from fireline.run.content import chosen_action
from fireline.run.remedy import Hand, Level, Plan
from fireline.run.sql_step import capture, texts
from fireline.run.work import facts_of, values_of
from fireline.run.world import World
from fireline.runbook import shell, sqltext

Waits = Literal["input", "decision", "call"]
RANK = {"read": 0, "reversible": 1, "destructive": 2}
BEFORE_LIMIT = timedelta(seconds=30)


@dataclass(frozen=True)
class Need:
    """What comes next for a planned step.

    to: authorised (a proved read), ask (an approval), wait (for `waits_for`), skipped or failed.
    """

    to: Literal["authorised", "ask", "wait", "skipped", "failed"]
    waits_for: Waits | None = None
    level: Level | None = None
    level_reason: str = ""
    plan: dict[str, Any] | None = None
    outcome: dict[str, Any] = field(default_factory=dict)


def by_hand(step: DictRow, earlier: list[DictRow]) -> Need | None:
    """What a person must say first; pure. None when a machine goes on."""
    content = step["content"]
    if content.get("condition"):
        met = condition_holds(content["condition"], earlier)
        if met is False:
            return Need("skipped", outcome={"summary": f"its condition does not hold: {content['condition']}"})
    needs_choice = bool(content.get("decision") or content.get("alternatives"))
    if needs_choice and step["choice"] is None:
        return Need("wait", "decision")
    if content.get("call"):
        return Need("wait", "call")
    action = chosen_action(content, step["choice"])
    if action is None:
        return Need("wait", "input")
    asked = [one for one in content.get("parameters", []) if one["name"] in action.get("asks", [one["name"]])]
    missing = [parameter for parameter in asked if not _has_value(parameter, step)]
    if missing:
        names = ", ".join(parameter["name"] for parameter in missing)
        return Need("wait", "input", outcome={"summary": f"asks for {names}"})
    return None


def _has_value(parameter: dict[str, Any], step: DictRow) -> bool:
    return parameter["name"] in step["parameters"] or parameter.get("secret") or parameter.get("default") is not None


def condition_holds(condition: str, earlier: list[DictRow]) -> bool | None:
    """Whether `name.column>0` holds over the outcome of an earlier step; None when that can not be known."""
    name, dot, rest = condition.partition(".")
    found = next((step for step in earlier if dot and step["key"] == name), None)
    if found is None or not found["outcome"]:
        return None
    return expect.holds(rest, facts_of(found["outcome"]))


def by_machine(world: World, run: DictRow, step: DictRow, target: Target | None) -> Need:
    """Prove or plan: reads the target, changes nothing. Never raises for what the target or the step is like."""
    action = chosen_action(step["content"], step["choice"])
    assert action is not None
    try:
        values = {name: str(value) for name, value in values_of(step).items()}
        lines = [[shell.fill(word, values) for word in words] for words in action.get("lines") or []]
        if line.are_remedies(lines, world.remedies):
            return _remedy(world, step, run, lines)
        if action["language"] == "sql":
            return _sql(step, target)
        if action["language"] == "bash":
            return _bash(step, action["command"])
    except FirelineError as wrong:
        return Need("failed", outcome={"error": wrong.message, "hint": wrong.hint, "summary": wrong.message})
    except KeyError as unknown:
        why = f"no value is known for ${unknown.args[0]}"
        return Need("failed", outcome={"error": why, "summary": why, "hint": "Write the value itself."})
    return Need("failed", outcome={"error": f"Fireline can not run {action['language']}", "summary": "can not be run"})


def _sql(step: DictRow, target: Target | None) -> Need:
    """Read when every statement is proved; otherwise the level is destructive, as annotated, or not yet known."""
    if target is None:
        raise TargetUnavailable("no target is known for this step", hint="Name one: `fireline run start … --target T`.")
    action = chosen_action(step["content"], step["choice"])
    assert action is not None
    reasons: list[str] = []
    try:
        with connect(target) as conn:
            server = identity(conn).json()
            statements = texts(conn, action, values_of(step))
            proofs = [statement.prove(conn, one.sql, one.values) for one in statements]
    except TargetUnavailable as away:
        if all(statement.looks_like_a_read(one["sql"]) for one in action["statements"]):
            return Need("failed", level="read", level_reason="it could not be started",
                        outcome={"error": away.message, "hint": away.hint, "summary": away.message})  # fmt: skip
        raise
    for proof in proofs:
        if proof.error is not None:
            return Need("failed", level="read", level_reason="the server can not parse it, so nothing was run",
                        outcome={"error": proof.error, "hint": proof.hint, "summary": proof.error})  # fmt: skip
        if proof.level != "read":
            reasons.append(proof.reason)
    if not reasons:
        return Need("authorised", level="read", level_reason="proved: " + proofs[0].reason if proofs else "")
    loss = next((why for one in statements if (why := sqltext.destructive_sql(one.sql))), None)
    level, reason = _settle(step["content"].get("level"), loss, "; ".join(reasons))
    before = capture(target, step, BEFORE_LIMIT)
    return Need("ask", level=level, level_reason=reason, plan={"server": server, "captured": {"before": before}})


def _bash(step: DictRow, command: str) -> Need:
    """A command's level is never proved: annotated, destructive by its verbs, or for the approver to name."""
    words = shell.destructive_words(command)
    loss = f"it says {', '.join(words)}" if words else None
    level, reason = _settle(step["content"].get("level"), loss, "what a shell command may do is not known")
    return Need("ask", level=level, level_reason=reason)


def _settle(annotated: str | None, loss: str | None, otherwise: str) -> tuple[Level | None, str]:
    if loss is not None:
        return "destructive", loss
    if annotated in ("reversible", "destructive"):
        return annotated, "as the runbook says"  # type: ignore[return-value]
    return None, otherwise


def _server(target: Target, *, offline: bool) -> dict[str, Any] | None:
    """Who answers now, to be compared before acting; None where the remedy also works without an answer."""
    try:
        with reach(target) as conn:
            return identity(conn).json()
    except TargetUnavailable:
        if not offline:
            raise
        return None


def _remedy(world: World, step: DictRow, run: DictRow, lines: list[list[str]]) -> Need:
    """Make the plan of each line; the step's level is the highest of theirs."""
    planned: list[dict[str, Any]] = []
    hand = Hand(world.settings, world.store, actor=run["requested_by"])
    for argv in lines:
        read = line.read(argv, world.remedies)
        assert read is not None
        target = world.target(read.target or step["content"].get("target") or run["target"])
        server = _server(target, offline=read.remedy.offline)
        plan: Plan = read.remedy.plan(target, read.parameters, hand)
        planned.append(
            {
                "remedy": f"{read.remedy.phase} {read.remedy.name}",
                "target": target.name,
                "parameters": read.parameters.model_dump(mode="json"),
                "server": server,
                "summary": plan.summary,
                "effect": plan.effect,
                "undo": plan.undo,
                "level": plan.level,
                "captured": plan.captured,
            }
        )
    level = max((one["level"] for one in planned), key=lambda name: RANK[name])
    whole = {
        "summary": " ".join(one["summary"] for one in planned),
        "effect": " ".join(one["effect"] for one in planned),
        "undo": " ".join(one["undo"] for one in planned),
        "level": level,
        "captured": {"lines": planned},
        "can_undo": all(world.remedies[one["remedy"]].undo is not None for one in planned if one["level"] != "read"),
    }
    return Need("authorised" if level == "read" else "ask", level=level, level_reason="by its plan", plan=whole)
