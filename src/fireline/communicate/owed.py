"""What people must be told of an incident as it stands now, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from psycopg.rows import DictRow

from fireline.incident.row import ACTIVE, name

SYMPTOM_LINES = 12  # of the complaint in a message; the page has all of it
COMMAND_CHARACTERS = 600

_CLOCKS = {"response": "response", "postmortem": "post-mortem"}


@dataclass(frozen=True)
class Facts:
    """An incident with what hangs on it. `began`: the event that opened it, or opened it again; `ended`: how it ended."""

    incident: DictRow
    round: int  # how often it was opened again
    began: DictRow
    ended: DictRow | None
    clocks: Sequence[DictRow]
    approvals: Sequence[DictRow]  # asked and not yet answered
    now: datetime
    zone: ZoneInfo
    url: str
    late: str = ""  # why it is told only now, when a silence had held it


@dataclass(frozen=True)
class Owed:
    """One thing to tell. once: tells it apart from all others; what was queued under it is not queued again.

    to: everybody, or those who were told of the beginning.
    about: what it depends on; looked at again before it is sent.
    """

    event: str
    once: str
    lines: Sequence[str]
    to: Literal["everybody", "told"] = "everybody"
    about: dict[str, Any] = field(default_factory=dict)
    acknowledge: bool = False


def owed(facts: Facts, repeat: timedelta) -> list[Owed]:
    """Everything that is owed now, whether or not it was queued before."""
    if facts.incident["status"] in ACTIVE:
        return [*_opened(facts), *_reminder(facts, repeat), *_clocks(facts, "response"), *_approvals(facts)]
    return [*_ended(facts), *_clocks(facts, "postmortem")]


def next_reminder(facts: Facts, repeat: timedelta) -> datetime | None:
    """When somebody must be reminded next; None when nobody must."""
    if facts.incident["status"] not in ACTIVE or facts.incident["acknowledged_at"]:
        return None
    began: datetime = facts.began["at"]
    return began + (_repeats(facts, repeat) + 1) * repeat


def subject(facts: Facts) -> str:
    """The same for every message about an incident, so that mail programs keep them together."""
    incident = facts.incident
    return f"[{incident['severity']}] {name(incident['id'])} {incident['title']}"


def data(facts: Facts) -> dict[str, Any]:
    """The incident in fields, for programs."""
    incident = facts.incident
    same = ("title", "severity", "severity_rank", "status", "target", "detected_at", "acknowledged_by")
    return {"incident": name(incident["id"]), "number": incident["id"], **{key: incident[key] for key in same}}


def _repeats(facts: Facts, repeat: timedelta) -> int:
    began: datetime = facts.began["at"]
    return max(0, (facts.now - began) // repeat)


def _opened(facts: Facts) -> Iterator[Owed]:
    incident = facts.incident
    called = name(incident["id"])
    again = f" again: {facts.began['payload'].get('reason', '')}".rstrip(": ") if facts.round else ""
    lines = [
        f"{called} is open{again}: {incident['title']}" if not again else f"{called} is open{again}",
        *_what(facts),
    ]
    lines += ["", *([facts.late] if facts.late else []), *_response_clock(facts), *_wanted(facts)]
    yield Owed("opened", f"opened:{incident['id']}:{facts.round}", lines, acknowledge=True)


def _reminder(facts: Facts, repeat: timedelta) -> Iterator[Owed]:
    number = _repeats(facts, repeat)
    incident = facts.incident
    if incident["acknowledged_at"] or number == 0:
        return
    minutes = int((facts.now - facts.began["at"]) / timedelta(minutes=1))
    first = f"Nobody has acknowledged {name(incident['id'])} for {minutes} min: {incident['title']}"
    lines = [first, *_what(facts), "", *_response_clock(facts), *_wanted(facts)]
    yield Owed("reminder", f"reminder:{incident['id']}:{facts.round}:{number}", lines, acknowledge=True)


def _clocks(facts: Facts, kind: str) -> Iterator[Owed]:
    """Of a clock that has run out nobody is also told that it is at risk."""
    incident = facts.incident
    for clock in facts.clocks:
        if clock["kind"] != kind or clock["stopped_at"] or facts.now < clock["at_risk_at"]:
            continue
        late = facts.now >= clock["due_at"]
        event = "breached" if late else "at_risk"
        what = f"The {_CLOCKS.get(kind, kind)} clock of {name(incident['id'])}"
        when = f"was due {_at(facts, clock['due_at'])}" if late else f"is due {_at(facts, clock['due_at'])}"
        first = f"{what} {'has run out' if late else 'is at risk'}: it {when} (“{clock['phrase']}”)"
        last = _wanted(facts) if kind == "response" else ["Wanted: complete the post-mortem, then close the incident."]
        yield Owed(
            event,
            f"{event}:{incident['id']}:{kind}:{clock['due_at'].timestamp():.0f}",
            [first, incident["title"], *_what(facts), "", *last],
            to="everybody" if kind == "response" else "told",
            about={"clock": kind},
            acknowledge=kind == "response",
        )


def _approvals(facts: Facts) -> Iterator[Owed]:
    for approval in facts.approvals:
        shown = approval["shown"]
        place = f"step {approval['position']} “{shown.get('title', '')}” of “{approval['run_title']}”"
        lines = [f"{name(facts.incident['id'])} waits for an approval: {place}", facts.incident["title"], ""]
        command = (shown.get("command") or "")[:COMMAND_CHARACTERS]
        told = (
            ("What would be done", shown.get("summary") or command),
            ("Target", shown.get("target")),
            ("It may do", approval["level"]),
            ("Effect", shown.get("effect")),
            ("Way back", shown.get("undo")),
        )
        lines += [f"{what}: {said}" for what, said in told if said]
        lines += ["", f"Approve or reject it by {_at(facts, approval['expires_at'])}."]
        yield Owed(
            "approval_wanted",
            f"approval:{approval['id']}",
            lines,
            about={"approval": approval["id"], "run": approval["run_id"]},
        )


def _ended(facts: Facts) -> Iterator[Owed]:
    incident, ended = facts.incident, facts.ended
    if ended is None or incident.get("merged_into"):  # it goes on as another one
        return
    event = "dismissed" if incident["status"] == "dismissed" else "resolved"
    took = _span(ended["at"] - incident["detected_at"])
    lines = [f"{name(incident['id'])} is {event} by {ended['actor']} after {took}: {incident['title']}"]
    said = ended["payload"].get("resolution") or ended["payload"].get("reason")
    lines += [said] if said else []
    lines += (
        ["Its cause was still seen when it was resolved."] if incident["resolved_red"] and event == "resolved" else []
    )
    yield Owed(
        event, f"{event}:{incident['id']}:{ended['seq']}", [*lines, "", "Nothing is wanted from you."], to="told"
    )


def _what(facts: Facts) -> list[str]:
    """Where, since when, and the complaint as it came."""
    incident = facts.incident
    where = f" on {incident['target']}" if incident["target"] else ""
    lines = [f"{incident['severity']}{where}, since {_at(facts, incident['detected_at'])}"]
    complaint = [line for line in incident["symptom"].splitlines() if line.strip() and line != incident["title"]]
    if complaint:
        lines += ["", *complaint[:SYMPTOM_LINES], *(["…"] if len(complaint) > SYMPTOM_LINES else [])]
    return lines


def _response_clock(facts: Facts) -> list[str]:
    for clock in facts.clocks:
        if clock["kind"] == "response" and not clock["stopped_at"]:
            return [f"Respond by {_at(facts, clock['due_at'])} (“{clock['phrase']}”)."]
    return []


def _wanted(facts: Facts) -> list[str]:
    if facts.incident["acknowledged_at"]:
        return [f"{facts.incident['acknowledged_by']} is at it. Nothing is wanted from you."]
    return ["Wanted: acknowledge it, so that nobody else is woken."]


def _at(facts: Facts, moment: datetime) -> str:
    """A time of day in the team's zone, with the day when it is another one."""
    local = moment.astimezone(facts.zone)
    day = "" if local.date() == facts.now.astimezone(facts.zone).date() else f"{local:%a %d %b} "
    return f"{day}{local:%H:%M %Z}"


def _span(length: timedelta) -> str:
    minutes = int(length / timedelta(minutes=1))
    if minutes < 1:
        return f"{max(0, int(length.total_seconds()))} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
