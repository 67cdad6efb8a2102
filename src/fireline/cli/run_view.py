"""How a run and its steps look on a terminal, and what a person reads before saying yes."""

from __future__ import annotations

from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fireline.cli.plan_table import draw_parts
from fireline.cli.tables import columns
from fireline.cli.terminal import EMBER, console, say
from fireline.cli.times import ago, at, span
from fireline.sizes import size

MARKS = {
    "succeeded": "✓",
    "failed": "✗",
    "timed_out": "✗",
    "unknown": "?",
    "cancelled": "-",
    "skipped": "-",
    "waiting": "▸",
    "running": "»",
    "intent": "»",
    "authorised": "»",
    "planned": "·",
}
_STYLES = {"failed": "red", "timed_out": "red", "unknown": EMBER, "waiting": EMBER, "planned": "dim", "skipped": "dim"}
_WAITS = {
    "approval": "waits for approval",
    "input": "waits for your answer",
    "decision": "waits for a decision",
    "clock": "waits for its time",
    "call": "waits for the procedure it calls",
}


def draw_steps(run: dict[str, Any]) -> None:
    """A run: its name and state, then each step on a line."""
    head = Text(f"Run {run['run']}  {run['title']}  ", style="bold")
    head.append(run["state"], style=EMBER if run["state"] == "waiting" else "")
    console().print(head)
    console().print(Text(f"       {run['reason']} · by {run['requested_by']} · {ago(run['created_at'])}", style="dim"))
    table = Table.grid(padding=(0, 1, 0, 0))
    for style in ("", "dim", "", "dim"):
        table.add_column(style=style, overflow="fold")
    for step in run["steps"]:
        mark = Text(f"  {MARKS.get(step['state'], ' ')}", style=_STYLES.get(step["state"], ""))
        table.add_row(mark, str(step["position"]), step["title"], state_of(step))
    console().print(table)


def state_of(step: dict[str, Any]) -> str:
    """Where a step stands, in words, with what came of it."""
    if step["state"] == "waiting":
        return _WAITS.get(step["waits_for"] or "", "waits")
    outcome = outcome_of(step)
    came = outcome.get("error") or outcome.get("summary") or ""
    words = step["state"].replace("_", " ")
    return f"{words}: {came}" if came else words if step["state"] != "planned" else ""


def outcome_of(step: dict[str, Any]) -> dict[str, Any]:
    """What came of a step: of its last attempt, or of its plan, where it was not even begun."""
    last = step["attempts"][-1] if step["attempts"] else None
    return (last or {}).get("outcome") or step.get("outcome") or {}


def progress_of(progress: dict[str, Any]) -> str:
    """How far a step is: `loading rows: 45 %, 1,234,567 of 2,700,000, about 12 s left`."""
    done, total, unit = progress["done"], progress["total"], progress["unit"]
    amount = size if unit == "bytes" else lambda count: f"{count:,}"
    if not total:
        return (
            f"{progress['doing']}: {amount(done)} {'' if unit == 'bytes' else unit}".rstrip()
            if done
            else progress["doing"]
        )
    left = f", about {span(progress['seconds_left'])} left" if progress["seconds_left"] else ""
    return f"{progress['doing']}: {min(done / total, 1):.0%}, {amount(done)} of {amount(total)}{'' if unit == 'bytes' else ' ' + unit}{left}"


def draw_run(run: dict[str, Any]) -> None:
    """A run in full: where it comes from, its steps, and the one that wants a person."""
    draw_steps(run)
    for step in run["steps"]:
        if step["state"] in ("waiting", "failed", "timed_out", "unknown"):
            console().print()
            draw_step(step, run)


def draw_step(step: dict[str, Any], run: dict[str, Any]) -> None:
    """One step as its approver must see it: the command, the target, what it does, may lose, and the way back."""
    console().print(Text(f"Step {step['position']} of run {run['run']}  {step['title']}", style="bold"))
    more = step["text"].replace("**", "").strip().removeprefix(step["title"]).strip(" :.")
    if more and step["kind"] in ("manual", "checklist", "decision"):
        _block(step["text"])
    if step["command"]:
        _block(step["command"], style="cyan")
    for number, other in enumerate(step["alternatives"], start=1):
        _block(f"or ({number}): {other['command']}", style="cyan")
    for item in step["checklist"]:
        _block(f"[ ] {item}")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", min_width=10)
    grid.add_column(overflow="fold")
    for label, words in _facts(step, run):
        grid.add_row(f"  {label}", words)
    for offer in step["offers"]:
        grid.add_row("  offers", Text(offer["command"], style="cyan") + Text(f"  {offer['summary']}", style=""))
    console().print(grid)
    if step["plan"]:
        draw_parts(step["plan"])
    _draw_output(step)


def _facts(step: dict[str, Any], run: dict[str, Any]) -> list[tuple[str, str]]:
    """What the approver must know beside the command itself."""
    facts = _consequences(step, run) if step["command"] else []
    approval = step["approval"]
    if approval and approval["state"] in ("asked", "given"):
        expires = f"expires {at(approval['expires_at'])}"
        facts.append(("asked by", f"{approval['requested_by']}, {ago(approval['asked_at'])}; {expires}"))
    for parameter in step["parameters"]:
        value = "not answered yet" if parameter["value"] is None else parameter["value"]
        facts.append((parameter["name"], f"{value}  {parameter['question']}".rstrip()))
    return facts


_LOSES = {
    "read": "nothing: it only reads",
    "reversible": "no committed data",
    "destructive": "data, for good",
}


def _consequences(step: dict[str, Any], run: dict[str, Any]) -> list[tuple[str, str]]:
    """Where it acts, what it does, may lose, and the way back: from the plan, else from the step and its level."""
    plan, level = step["plan"] or {}, step["level"]
    shown = (step["approval"] or {}).get("shown") or {}
    undo = plan.get("undo") or shown.get("undo") or ("nothing to undo" if level == "read" else "none is known")
    facts = [("target", run["target"] or "none")]
    facts += [("does", plan["summary"])] if plan.get("summary") else []
    facts += [("may lose", plan.get("effect") or _LOSES.get(level or "", "that is not known")), ("undo", undo)]
    return [*facts, ("level", _because(level or "not known: you must name it", step["level_reason"]))]


def _because(level: str, reason: str) -> str:
    return f"{level} ({reason})" if reason else level


def _draw_output(step: dict[str, Any]) -> None:
    last = step["attempts"][-1] if step["attempts"] else None
    outcome = outcome_of(step)
    if outcome.get("error"):
        console().print(Text(f"  error    {outcome['error']}", style="red"))
    if outcome.get("hint"):
        console().print(f"  hint     {outcome['hint']}")
    if last and last["output"]:
        _block("\n".join(last["output"].rstrip().splitlines()[-10:]), style="dim")


def _block(text: str, style: str = "") -> None:
    console().print(Padding(Text(text.rstrip(), style=style), (0, 0, 0, 4), expand=False))


def draw_list(found: list[dict[str, Any]]) -> None:
    """Runs, one a line."""
    if not found:
        say("No runs.")
        return
    table = columns("run", "state", "incident", "target", "started", "title")
    for run in found:
        style = EMBER if run["state"] == "waiting" else ""
        where = (run["incident"] or "-", run["target"] or "-", ago(run["created_at"]), run["title"])
        table.add_row(str(run["run"]), Text(run["state"], style=style), *where)
    console().print(table)


def draw_changes(found: list[dict[str, Any]]) -> None:
    """What was changed, and the line that puts it back."""
    if not found:
        say("Nothing was changed.")
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in found:
        back = f"fireline run undo {one['run']} {one['position']}" if one["undo"] else "no way back"
        back = "undone" if one["undone"] else back
        words = f"{one['title']}: {one['summary']}  ({one['by']}, {at(one['at'])})"
        table.add_row(f"  {one['run']} {one['position']}", Text(words), Text(back, style="dim"))
    console().print(table)
