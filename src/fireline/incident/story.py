"""Events as plain English, one sentence each: what the page, the CLI, a mail and the post-mortem say. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

LONGEST = 300  # characters of a value inside a sentence
MOST_NAMED = 6  # things one by one
MOST_CHANGED = 3  # statements, which are long


class _Payload:
    """The payload of an event as text; what is missing reads as nothing, so that no event is unreadable."""

    def __init__(self, values: Any) -> None:
        self._values = values if isinstance(values, dict) else {}

    def __getitem__(self, key: str) -> str:
        return said(self._values.get(key))

    def many(self, key: str) -> list[Any]:
        """The values of a list; none when it is no list."""
        value = self._values.get(key)
        return value if isinstance(value, list) else []

    def on(self, key: str) -> bool:
        return self._values.get(key) is True

    def tail(self, key: str, before: str = ": ") -> str:
        """The value after a colon, or nothing."""
        return f"{before}{self[key]}" if self[key] else ""

    def pairs(self) -> str:
        return ", ".join(f"{key} {said(value)}" for key, value in self._values.items() if said(value))

    def seconds(self, key: str) -> str:
        value = self._values.get(key)
        return f"{value:.1f} s" if isinstance(value, int | float) else ""


_Sentence = Callable[[str, _Payload], str]


def said(value: Any) -> str:
    """A value on one line, cut when it is long; a truth is yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        value = ", ".join(said(item) for item in value)
    line = " ".join(str(value).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def display(actor: str) -> str:
    """How an actor is called in a sentence."""
    return "Fireline" if actor == "fireline" else actor or "Somebody"


def sentence(kind: str, actor: str, payload: dict[str, Any]) -> str:
    """One sentence for one event; a kind nobody taught this is spelled out."""
    known = _SENTENCES.get(kind)
    words = _Payload(payload)
    if known:
        return known(display(actor), words).rstrip()
    pairs = words.pairs()
    return f"{display(actor)}: {kind.replace('_', ' ')}{f' ({pairs})' if pairs else ''}"


_DOORS = {
    "cli": " on the command line",
    "page": " on the page",
    "api": " through the API",
    "mail": " by the link in a message",
}
_CLOCKS = {"response": "response", "postmortem": "post-mortem"}
_STEP_STATES = {
    "succeeded": "succeeded",
    "failed": "failed",
    "timed_out": "ran out of time",
    "cancelled": "was cancelled",
    "unknown": "ended with an unknown outcome",
    "waiting": "waits",
    "running": "runs",
}
_PROBES = {"green": "is gone", "red": "is there", "unknown": "can not be seen at the moment"}
_RUNS = {"succeeded": "was carried out", "failed": "failed", "cancelled": "was cancelled"}


def _acknowledged(who: str, p: _Payload) -> str:
    return f"{who} acknowledged{_DOORS.get(p['door'], '')}"


def _clock(verb: str) -> _Sentence:
    return lambda _, p: f"The {_CLOCKS.get(p['kind'], p['kind'])} clock {verb}{_at(p['due_at'])}"


def _at(moment: str) -> str:
    """The time in an ISO text, to the minute."""
    try:
        return f", due {datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return ""


def _status(who: str, p: _Payload) -> str:
    return f"{who} moved the incident from {p['from']} to {p['to']}{p.tail('reason')}"


def _impact(who: str, p: _Payload) -> str:
    users = f"{p['users']} users affected" if p["users"] else ""
    return f"{who} described the impact: {'; '.join(part for part in (users, p['text']) if part)}"


def _told(_: str, p: _Payload) -> str:
    took = f", in {p.seconds('seconds')}" if p.seconds("seconds") else ""
    return f"{p['contact']} was told by {p['channel']} ({p['event'].replace('_', ' ')}{took})"


def _telling_failed(_: str, p: _Payload) -> str:
    again = "it is given up" if p.on("permanent") else "it is tried again"
    return (
        f"{p['contact']} could not be told by {p['channel']} ({p['event'].replace('_', ' ')}), {again}{p.tail('error')}"
    )


def _matched(_: str, p: _Payload) -> str:
    words = f" because of {p['words']}" if p["words"] else ""
    return f"The procedure “{p['title']}” fits{words} (score {p['score']})"


def _no_match(_: str, p: _Payload) -> str:
    best = f"; the nearest is {p['best']} (score {p['score']})" if p["best"] else ""
    return f"No procedure fits well enough{best}"


def _step(_: str, p: _Payload) -> str:
    state = _STEP_STATES.get(p["state"], p["state"].replace("_", " "))
    return f"Step {p['position']} “{p['title']}” {state}{p.tail('error') or p.tail('summary')}"


def _approved(who: str, p: _Payload) -> str:
    glass = " by break-glass" if p.on("break_glass") else ""
    return f"{who} approved step {p['position']} “{p['title']}”{glass}{_DOORS.get(p['door'], '')}{p.tail('reason')}"


def _cancel_asked(who: str, p: _Payload) -> str:
    what = f"step {p['position']}" if p["position"] not in ("", "0") else "all"
    return f"{who} asked to stop {what} of run {p['run']}{p.tail('reason')}"


def _finding(_: str, p: _Payload) -> str:
    also = f"; also seen: {p['also']}" if p["also"] else ""
    return f"Root cause on {p['target']}: {p['title']} ({p['cause']}, confidence {p['confidence']}){also}"


def _no_finding(_: str, p: _Payload) -> str:
    unknown = f"; could not see: {p['unknown']}" if p["unknown"] not in ("", "0") else ""
    return f"No cause was found on {p['target']}{unknown}"


def _surroundings(_: str, p: _Payload) -> str:
    """What ails and what could not be seen, one by one; what is well from the beginning in one breath."""
    changes = [one for one in p.many("changes") if isinstance(one, dict)]
    well = [one for one in changes if one.get("state") == "well" and not one.get("again") and "estimate" not in one]
    parts = [_beside(one) for one in changes if one not in well]
    if well:
        named = ", ".join(beside(one) for one in well[:MOST_NAMED])
        more = f" and {len(well) - MOST_NAMED} more" if len(well) > MOST_NAMED else ""
        parts.append(f"{named}{more} {'is' if len(well) == 1 else 'are'} well")
    rest = f"; and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    return f"Around it: {'; '.join(parts[:MOST_NAMED])}{rest}"


def _beside(one: dict[str, Any]) -> str:
    state, title = one.get("state"), said(one.get("title"))
    if state == "unknown":
        return f"{beside(one)} could not be seen ({title})"
    if state == "well" and "estimate" not in one:
        return f"{beside(one)} is well now"
    return f"{beside(one)}: {title}"


def beside(one: dict[str, Any]) -> str:
    """How a thing beside the database is called: by its own name, with its source where that says too little."""
    name, source = said(one.get("name")), said(one.get("source"))
    return f"{source.capitalize()} {name}" if source == "sentry" or name == "settings" else name or source


def _changed(_: str, p: _Payload) -> str:
    lines = [said(one) for one in p.many("statements")]
    more = f"; and {len(lines) - MOST_CHANGED} more" if len(lines) > MOST_CHANGED else ""
    return f"Statements on {p['target']} that do something else than before it began: {'; '.join(lines[:MOST_CHANGED])}{more}"


def _logged(_: str, p: _Payload) -> str:
    return (
        f"In the log around the start ({p['source']}): {'; '.join(said(one) for one in p.many('kinds')[:MOST_NAMED])}"
    )


def _resolved(who: str, p: _Payload) -> str:
    red = " although its cause was still there" if p.on("red") else ""
    return f"{who} resolved the incident{red}{p.tail('reason', ' because: ')}{p.tail('resolution')}"


_FENCES = {
    "raised": "raised a fence around {target}, {level}",
    "renewed": "renewed the fence around {target}, {level}",
    "lifted": "lifted the fence around {target}",
    "fell": "let the fence around {target} fall, as its time had come",
    "stuck": "could not put everything back that the fence around {target} had changed",
}


def _fence(who: str, p: _Payload) -> str:
    what = _FENCES.get(p["event"], "changed the fence around {target}").format(target=p["target"], level=p["level"])
    return f"{who} {what}{p.tail('says')}{p.tail('reason', '; because: ') if p['event'] == 'raised' else ''}"


def _counted(p: _Payload) -> str:
    return f"{p['alerts'] or 0} alert{'' if p['alerts'] == '1' else 's'}"


def _on_step(verb: str, *, tail: str = "reason") -> _Sentence:
    return lambda who, p: f"{who} {verb} step {p['position']} “{p['title']}”{p.tail(tail)}"


_SENTENCES: dict[str, _Sentence] = {
    "alert": lambda _, p: f"Alert from {p['source']}: {p['title']}",
    "alert_resolved": lambda _, p: f"The alert “{p['title']}” is resolved",
    "alert_stale": lambda _, p: (
        f"{p['alerts']} {'has' if p['number'] == '1' else 'have'} not been repeated for long: stale"
    ),
    "alert_again": lambda _, p: f"The alert “{p['title']}” is repeated again",
    "flapping": lambda _, p: (
        f"The alert “{p['title']}” changed {p['changes']} times within {p['window']}: held until it is calm for so long"
    ),
    "calm": lambda _, p: f"The alert “{p['title']}” is calm after {p['changes']} changes; {p['state']}",
    "opened": lambda who, p: f"{who} opened the incident as {p['severity']}: {p['title']}{p.tail('reason', '; ')}",
    "severity": lambda who, p: f"{who} changed the severity from {p['from']} to {p['to']}{p.tail('reason')}",
    "severity_proposed": lambda who, p: f"{who} proposes {p['severity']}{p.tail('reason')}",
    "status": _status,
    "acknowledged": _acknowledged,
    "commander": lambda who, p: (
        f"{p['person']} took command" if p["person"] == who else f"{who} gave command to {p['person']}"
    ),
    "role": lambda who, p: f"{who} made {p['person']} {p['role']}",
    "silenced": lambda who, p: f"Nobody is told{p.tail('silences')} (until {p['until'][:16].replace('T', ' ')} UTC)",
    "unsilenced": lambda who, p: p["reason"] or "People are told again: a silence holds it no longer",
    "note": lambda who, p: f"{who} noted: {p['text']}",
    "impact": _impact,
    "told": _told,
    "telling_failed": _telling_failed,
    "clock_at_risk": _clock("is at risk"),
    "clock_breached": _clock("ran out"),
    "matched": _matched,
    "no_match": _no_match,
    "chosen": lambda who, p: f"{who} chose the procedure “{p['title']}”",
    "run_started": lambda who, p: f"{who} started run {p['run']}, “{p['title']}”{p.tail('reason')}",
    "step": _step,
    "approval_wanted": lambda _, p: f"Approval is wanted for step {p['position']} “{p['title']}”{p.tail('command')}",
    "approved": _approved,
    "rejected": _on_step("rejected"),
    "decided": lambda who, p: f"{who} decided “{p['choice']}” at step {p['position']} “{p['title']}”{p.tail('reason')}",
    "ticked": _on_step("did", tail="note"),
    "skipped": _on_step("skipped"),
    "replaced": lambda who, p: (
        f"{who} replaced the command of step {p['position']} “{p['title']}”{p.tail('reason')}{p.tail('command', '; now: ')}"
    ),
    "undone": _on_step("undid", tail="summary"),
    "undo_failed": lambda _, p: f"The undo of step {p['position']} “{p['title']}” failed{p.tail('summary')}",
    "retried": _on_step("asked for another try of"),
    "approval_void": lambda _, p: f"The approval of step {p['position']} “{p['title']}” is void{p.tail('reason')}",
    "cancel_asked": _cancel_asked,
    "run_finished": lambda _, p: f"Run {p['run']}, “{p['title']}”, {_RUNS.get(p['state'], p['state'])}",
    "finding": _finding,
    "no_finding": _no_finding,
    "changed": _changed,
    "logged": _logged,
    "surroundings": _surroundings,
    "probe": lambda _, p: f"The cause {p['cause']} on {p['target']} {_PROBES.get(p['state'], p['state'])}",
    "fence": _fence,
    "resolved": _resolved,
    "reopened": lambda who, p: f"{who} opened the incident again{p.tail('reason')}",
    "dismissed": lambda who, p: f"{who} dismissed the incident{p.tail('reason')}",
    "merged": lambda who, p: f"{who} merged this into {p['into']}{p.tail('reason')}",
    "took_in": lambda who, p: (
        f"{who} merged {p['incident']} “{p['title']}” into this, with {_counted(p)}{p.tail('reason')}"
    ),
    "split_off": lambda who, p: f"{who} split {_counted(p)} off into {p['into']}{p.tail('titles')}",
    "split_from": lambda who, p: f"{who} split this off {p['incident']}, with {_counted(p)}{p.tail('titles')}",
    "closed": lambda who, _: f"{who} closed the incident",
    "postmortem_drafted": lambda _, __: "The post-mortem was drafted",
    "postmortem_edited": lambda who, p: f"{p['by'] or who} worked on the post-mortem",
    "halted": lambda who, p: f"{who} stopped all changes{p.tail('reason')}",
    "lifted": lambda who, _: f"{who} allowed changes again",
}
