"""An incident's view made ready for its page: what is asked now, which phases are behind, what is old. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from fireline.app.context import Context
from fireline.errors import Usage
from fireline.run import line
from fireline.web.pages.steps import ready

PHASES = ("detected", "assessing", "containing", "resolving", "resolved", "reviewed")
_NAMES = ("Detected", "Assessing", "Containing", "Resolving", "Resolved", "Reviewed")
_BEHIND = ("Detected", "Assessed", "Contained", "Resolving", "Resolved", "Reviewed")
_GOING = ("running", "waiting")
RECENT, EARLIER = 16, 100  # events shown, and those behind one click; all of them have a page of their own


@dataclass(frozen=True)
class Asked:
    """The values of a template."""

    values: dict[str, Any]


def whole(context: Context, incident: dict[str, Any], people: list[str]) -> Asked:
    """Everything the incident page shows."""
    incident = {**incident, "matches": candidates(incident)}
    story = incident["timeline"]
    runs = list(reversed(incident["runs"]))
    current = [run for run in runs if run["state"] in _GOING] or runs[:1]
    verdict = incident["verdict"]
    want = wanted(incident)
    return Asked(
        {
            "incident": incident,
            "phases": phases(incident),
            "wanted": want,
            "runs": [ready(run) for run in current],
            "past_runs": [ready(run) for run in runs if run not in current],
            "tree": branches((verdict or {}).get("tree") or []),
            "remedy": proposed(context, incident, want),
            "other_findings": [
                one
                for one in incident["findings"]
                if verdict and one["taken_at"] == verdict["taken_at"] and one["finding"] != verdict["finding"]
            ],
            "earlier": story[-EARLIER:-RECENT],
            "before": incident.get("timeline_from", 1) - 1 + max(0, len(story) - EARLIER),
            "timeline": story[-RECENT:],
            "alert_count": incident.get("alerts_total", len(incident["alerts"])),
            "undo_all": undoable(incident["changes"]),
            "people": people,
            "severities": context.world.severities(),
        }
    )


def phases(incident: dict[str, Any]) -> list[dict[str, Any]]:
    """The six phases: behind, now or to come, each with the time it was reached."""
    reached = {"detected": incident["detected_at"], "resolved": incident["resolved_at"]}
    reached["reviewed"] = incident["reviewed_at"]
    for event in incident["timeline"]:
        if event["kind"] == "status":
            reached.setdefault(event["payload"].get("to"), event["at"])
    here = PHASES.index(incident["status"]) if incident["status"] in PHASES else 0
    return [_phase(index, here, reached.get(name)) for index, name in enumerate(PHASES)]


def _phase(index: int, here: int, at: Any) -> dict[str, Any]:
    over = here >= PHASES.index("resolved")
    if index == here:
        return {"name": _NAMES[index], "state": "now over" if over else "now", "at": at}
    if index < here:
        return {"name": _BEHIND[index], "state": "done", "at": at}
    return {"name": _NAMES[index], "state": "", "at": None}


def wanted(incident: dict[str, Any]) -> dict[str, Any]:
    """What is wanted, with the step it is about."""
    found = dict(incident["wanted"])
    run = next((ready(one) for one in incident["runs"] if one["run"] == found.get("run")), None)
    steps = run["steps"] if run else []
    step = next((one for one in steps if one["position"] == found.get("position")), None)
    told = [
        event for event in incident["timeline"] if event["kind"] == "approval_wanted" and found["kind"] == "approve"
    ]
    place = (found.get("run"), found.get("position"))
    here = [event["seq"] for event in told if (event["payload"].get("run"), event["payload"].get("position")) == place]
    cure = ((incident["verdict"] or {}).get("remedy") or {}).get("command")
    return {
        **found,
        "event": here[-1] if here else None,
        "cure": cure,
        "run_view": run,
        "step": step if step and step["actions"] else None,
    }


def candidates(incident: dict[str, Any]) -> list[dict[str, Any]]:
    """The other procedures that could fit: what the newest match has named, without those that already run."""
    told = [one["payload"]["candidates"] for one in incident["timeline"] if "candidates" in one["payload"]]
    taken = {run["procedure"]["id"] for run in incident["runs"]}
    return [one for one in incident.get("matches") or (told[-1] if told else []) if one["procedure"] not in taken]


def proposed(context: Context, incident: dict[str, Any], want: dict[str, Any]) -> dict[str, Any] | None:
    """The verdict's remedy as the fields of `remedy.run`, when Fireline knows it; or where it is asked already."""
    verdict = incident["verdict"] or {}
    command = (verdict.get("remedy") or {}).get("command")
    if not command:
        return None
    if want["step"] and any(one["command"] == command for one in want["step"]["offers"]):
        return {"asked": "#wanted", "fields": {}}
    for run in incident["runs"]:
        if run["state"] in _GOING and any(step["command"] == command for step in run["steps"]):
            return {"asked": f"#run-{run['run']}", "fields": {}}
    try:
        found = line.read(shlex.split(command), context.world.remedies)
    except (Usage, ValueError):
        return None
    if found is None:
        return None
    given = found.parameters.model_dump(mode="json", exclude_unset=True)
    told = {f"arguments.{key}": ",".join(map(str, one)) if isinstance(one, list) else one for key, one in given.items()}
    where = found.target or verdict.get("target")
    return {
        "asked": None,
        "fields": {"phase": found.remedy.phase, "remedy": found.remedy.name, "target": where, **told},
    }


def undoable(changes: list[dict[str, Any]]) -> list[int]:
    """The runs that have more than one change to undo."""
    runs = [one["run"] for one in changes if one["undo"] and not one["undone"]]
    return sorted({run for run in runs if runs.count(run) > 1}, reverse=True)


def branches(tree: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """Who waits for whom as lines: the branch that leads there, the words, whether it is the root of it all."""
    depths = [int(node.get("depth") or 0) for node in tree]
    lines = []
    for index, node in enumerate(tree):
        below = depths[index + 1 :]
        lead = "".join(_rail(level, depths[index], below) for level in range(1, depths[index] + 1))
        who = f"pid {node['pid']}  " if node.get("pid") else ""
        lines.append((lead, f"{who}{node.get('text', '')}", bool(node.get("root"))))
    return lines


def _rail(level: int, depth: int, below: list[int]) -> str:
    """One column of a branch: whether something of this level still follows under the same parent."""
    ended = next((other for other in below if other <= level), 0)
    if level == depth:
        return "├─ " if ended == level else "└─ "
    return "│  " if ended == level else "   "
