"""How an incident looks on a terminal: what is wanted now, the cause with its proof, the steps, the timeline's end."""

from __future__ import annotations

from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fireline.cli.run_view import draw_changes, draw_steps
from fireline.cli.tables import columns
from fireline.cli.terminal import EMBER, console, say
from fireline.cli.times import ago, at, moment, since, span
from fireline.incident.story import beside

_TAIL = 8  # events of the timeline that a plain `show` ends with
_EVIDENCE = 4  # facts that it proves a cause with
_ERRORS = 2  # kinds of them in the log around the start
_CHANGES = 4  # that a plain `show` tells
_TREE = 6  # lines of a blocking tree
_GONE = ("resolved", "reviewed", "dismissed")
_STATES = {"ailing": ("!", "red"), "unknown": ("?", EMBER), "well": ("✓", "green")}


def draw_list(found: list[dict[str, Any]]) -> None:
    """Incidents, one a line."""
    if not found:
        say("No incidents.")
        return
    table = columns("incident", "severity", "status", "since", "who", "title")
    for one in found:
        fresh = not one.get("acknowledged_at") and one["status"] not in _GONE
        table.add_row(
            Text(one["id"], style=EMBER if fresh else ""),
            severity_name(one["severity"]),
            one["status"],
            ago(one["opened_at"]),
            one.get("commander") or one.get("acknowledged_by") or "nobody yet",
            one["title"],
        )
    console().print(table)


def severity_name(severity: Any) -> str:
    """`P1 High`, or the bare id where only that is known."""
    if not isinstance(severity, dict):
        return str(severity)
    named = severity["name"] != severity["id"]  # a short command does not read the runbook for the name
    return f"{severity['id']} {severity['name']}" if named else str(severity["id"])


def draw(view: dict[str, Any], *, full: bool = False) -> None:
    """The whole incident."""
    draw_head(view)
    draw_wanted(view)
    draw_clocks(view)
    draw_verdict(view, full=full)
    draw_changed(view, full=full)
    draw_surroundings(view)
    for run in view["runs"]:
        console().print()
        draw_steps(run)
    if view["changes"]:
        console().print(Text("\nChanged by us", style="bold"))
        draw_changes(view["changes"])
    events = view["timeline"] if full else view["timeline"][-_TAIL:]
    left = len(view["timeline"]) - len(events)
    console().print(Text(f"\nTimeline{f'  ({left} earlier with --full)' if left else ''}", style="bold"))
    draw_timeline(events)


def draw_head(view: dict[str, Any]) -> None:
    """Which incident this is, how bad, whose, for how long."""
    line = Text(f"{view['id']}  {severity_name(view['severity'])}  ", style="bold")
    line.append(view["title"])
    console().print(line)
    facts = [view["status"], *([f"target {view['target']}"] if view["target"] else [])]
    facts.append(_who(view))
    if view["resolved_at"]:
        facts.append(f"resolved {ago(view['resolved_at'])}{' while its probe was red' if view['resolved_red'] else ''}")
    else:
        facts.append(f"open for {span(since(view['opened_at']))}")
    console().print(Text(" · ".join(facts), style="dim"))
    if proposal := view.get("proposal"):
        words = f"Proposed  {proposal['severity']}: {proposal['reason']}"
        console().print(
            Text(f"{words}\n          fireline incident severity {view['id']} {proposal['severity']}", style=EMBER)
        )
    if view.get("merged_into"):
        console().print(Text(f"Merged into {view['merged_into']}", style=EMBER))
    for other in view.get("suggested_merges", []):
        words = f"Could be the same as {other['id']}: {other['title']} ({other['because']})"
        console().print(Text(f"{words}\n          fireline incident merge {other['id']} {view['id']}", style="dim"))
    if view["impact"] or view["users_affected"] is not None:
        users = f" ({view['users_affected']} users)" if view["users_affected"] is not None else ""
        console().print(f"Impact  {view['impact']}{users}")
    _draw_estimate(view)


def _draw_estimate(view: dict[str, Any]) -> None:
    """How many are thought to be affected, as long as nobody has written down as many."""
    found = view.get("estimate")
    if not found or found["number"] <= (view["users_affected"] or 0):
        return
    console().print(Text(f"Seen    {found['text']}  ({found['because']})", style="dim"), soft_wrap=True)
    if found["unit"] == "users":
        console().print(Text(f"        fireline incident impact {view['id']} --users {found['number']}", style="cyan"))


def _who(view: dict[str, Any]) -> str:
    if view["commander"]:
        return f"commander {view['commander']}"
    return f"acknowledged by {view['acknowledged_by']}" if view["acknowledged_by"] else "nobody has it yet"


def draw_wanted(view: dict[str, Any]) -> None:
    """What this person should do now, and the line that does it."""
    wanted = view["wanted"]
    calm = wanted["kind"] == "nothing"
    console().print()
    _labelled("Now", Text(wanted["text"], style="" if calm else EMBER))
    for line in commands_for(view):
        console().print(Text(f"        {line}", style="cyan"))


def commands_for(view: dict[str, Any]) -> list[str]:
    """The lines a person can type for what is wanted."""
    name, wanted = view["id"], view["wanted"]
    step = f"{wanted['run']} {wanted['position']}"
    lines = {
        "acknowledge": [f"fireline ack {name}"],
        "approve": [f"fireline approve {step}", f"fireline run reject {step} --reason …"],
        "answer": [f"fireline run answer {step}"],
        "decide": [f"fireline run decide {step} yes|no|…"],
        "tick": [f"fireline run tick {step} --note …"],
        "failed": [f"fireline run retry|skip|replace {step}"],
        "unknown": [f"fireline run show {wanted['run']}"],
        "choose": [f"fireline incident choose {name} PROCEDURE"],
        "resolve": [f"fireline incident resolve {name} --resolution …"],
        "postmortem": [f"fireline incident postmortem {name}"],
        "close": [f"fireline incident close {name}"],
    }.get(wanted["kind"], [])
    return [*lines, f"fireline respond {name}"] if lines else []


def draw_clocks(view: dict[str, Any]) -> None:
    """The deadlines that still run or were missed."""
    for one in view["clocks"]:
        if one["state"] == "met":
            continue
        due = moment(one["due_at"])
        late = since(due)
        words = f"{span(-late)} left" if late.total_seconds() < 0 else f"{span(late)} over"
        style = {"breached": "red", "at_risk": EMBER}.get(one["state"], "dim")
        console().print(Text(f"Due     {one['kind']} ({one['phrase']}): {at(due)}, {words}", style=style))


def draw_verdict(view: dict[str, Any], *, full: bool = False) -> None:
    """The root cause with its proof and its remedy, or that none was found."""
    verdict = view["verdict"]
    console().print()
    if verdict is None:
        _draw_guess(view)
    else:
        draw_cause(verdict, f"seen {at(verdict['taken_at'])} · probe {verdict['probe_state']}", full=full)


def draw_changed(view: dict[str, Any], *, full: bool = False) -> None:
    """What was changed in the 24 hours before the first signal, and since: the nearest before it first."""
    found = view.get("changed") or []
    console().print()
    if not found:
        _labelled("Changed", Text("nothing is known to have changed in the 24 hours before", style="dim"))
        return
    shown = found if full else found[:_CHANGES]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=6, style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for place, one in enumerate(shown):
        words = Text(f"{one['kind']}: {one['title']}")
        words.append(f"  {one['by'] or one['source']}{'' if one['target'] else ', any target'}", style="dim")
        table.add_row("" if place else "Change", one["when"], words)
    console().print(table)
    if found[0]["total"] > len(shown):
        _indented(f"{found[0]['total'] - len(shown)} more: `fireline change list`")


def draw_surroundings(view: dict[str, Any]) -> None:
    """What is beside the database, the ailing first; nothing when nobody asks after anything."""
    found = view.get("surroundings") or []
    if not found:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=6, style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for place, one in enumerate(found):
        mark, style = _STATES[one["state"]]
        words = Text(one["title"])
        words.append(f"  {one['detail']}" if one["detail"] else "", style="dim")
        table.add_row("" if place else "Around", Text(f"{mark} {beside(one)}", style=style), words)
    console().print()
    console().print(table)


def draw_cause(verdict: dict[str, Any], seen: str, *, full: bool = False) -> None:
    """One cause: in words, its proof, what it was not taken for, what mends it."""
    _labelled("Cause", Text(verdict["title"]))
    console().print(Text(f"        {verdict['cause']} · confidence {verdict['confidence']:.2f} · {seen}", style="dim"))
    tree = verdict.get("tree") or []
    for node in tree if full else tree[:_TREE]:
        root = "  <- root" if node.get("root") else ""
        console().print(f"        {'  ' * node['depth']}pid {node['pid']}  {node['text']}{root}", soft_wrap=True)
    facts = verdict.get("evidence") or []
    for fact in facts if full else facts[:_EVIDENCE]:
        _indented(f"{fact['fact']}  ({fact['source']})")
    errors = (verdict.get("log") or {}).get("kinds") or []
    for kind in errors if full else errors[:_ERRORS]:
        _indented(f"{kind['text']}  (log)")
    for other in (verdict.get("rejected") or []) if full else []:
        _indented(f"not {other['cause']}: {other['because']}")
    remedy = verdict.get("remedy") or {}
    if remedy.get("text"):
        _labelled("Remedy", Text(remedy["text"]))
    for line in [remedy["command"]] if remedy.get("command") else remedy.get("sql") or []:
        console().print(Text(f"        {line}", style="cyan"))


def _draw_guess(view: dict[str, Any]) -> None:
    _labelled("Cause", Text("not known", style="dim"))
    for match in view["matches"][:3]:
        words = ", ".join(match["words"])
        _indented(f"may be: {match['title']}  (score {match['score']:.2f}; {words})")


def _labelled(label: str, words: Text) -> None:
    """A label and its text, whose further lines begin below the first."""
    grid = Table.grid()
    grid.add_column(width=8, style="bold")
    grid.add_column(overflow="fold")
    grid.add_row(label, words)
    console().print(grid)


def _indented(text: str) -> None:
    console().print(Padding(Text(text), (0, 0, 0, 8), expand=False))


def draw_timeline(events: list[dict[str, Any]]) -> None:
    """Events, one a line, oldest first."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for event in events:
        table.add_row(f"  {at(event['at'])}", event["text"])
    console().print(table)
