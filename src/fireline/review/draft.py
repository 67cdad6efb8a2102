"""The first draft of a post-mortem, as Markdown, from facts alone: pure, and the same facts give the same text.

Five parts that a runbook asks for (timeline, root cause, resolution, impact, prevention), what the runbook lacked, and
what is to be done. Whatever others wrote is escaped. Times are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.incident.story import beside, display, sentence
from fireline.review.gaps import gaps, measures, to_do
from fireline.review.markdown import code, escape

MOST_EVENTS = 200
_UNTOLD = ("postmortem_drafted", "postmortem_edited")
_CLOCKS = {"response": "Response", "postmortem": "Post-mortem"}
_DONE = ("step", "ticked", "decided", "undone", "undo_failed", "skipped", "replaced")

Facts = dict[str, Any]


def draft(facts: Facts) -> str:
    """The whole post-mortem."""
    parts = [
        f"# Post-mortem of {facts['id']}: {escape(facts['title'])}",
        _header(facts),
        _part("Incident timeline", _timeline(facts)),
        _part("Root cause", _root_cause(facts)),
        *([_part("What had changed", _changed(facts))] if facts.get("changed") else []),
        _part("Resolution steps", _resolution(facts)),
        _part("Impact assessment", _impact(facts)),
        _part("Prevention measures", measures(facts)),
        _part("What the runbook lacked", gaps(facts)),
        _part("Action items", to_do(facts)),
    ]
    return "\n\n".join(parts) + "\n"


def _part(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *lines]).rstrip()


def _header(facts: Facts) -> str:
    severity, detected = facts["severity"], facts["detected_at"]
    why = f" ({escape(facts['severity_reason'])})" if facts["severity_reason"] else ""
    title = severity["id"] if severity["id"] == severity["name"] else f"{severity['id']} {severity['name']}"
    resolved = _after(facts["resolved_at"], detected) or "not resolved yet"
    if facts["resolved_red"]:
        resolved += ", while its cause was still there"
    rows = [
        ("Severity", f"{escape(title)}{why}"),
        ("Target", escape(facts["target"] or "none named")),
        ("Detected", _moment(detected)),
        ("Acknowledged", _after(facts["acknowledged_at"], detected, facts["acknowledged_by"]) or "by nobody"),
        ("Resolved", resolved),
        ("Time to acknowledge", _between(detected, facts["acknowledged_at"])),
        ("Time to resolve", _between(detected, facts["resolved_at"])),
        *((f"{_CLOCKS.get(clock['kind'], clock['kind'])} clock", _clock(clock)) for clock in facts["clocks"]),
        ("People", escape(_people(facts))),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])


def _clock(clock: dict[str, Any]) -> str:
    phrase, stopped, due = escape(clock["phrase"]), clock["stopped_at"], clock["due_at"]
    if clock["state"] == "met":
        return f"{phrase}: met, {length(due - stopped)} to spare"
    if clock["state"] == "breached":
        return f"{phrase}: breached, {f'{length(stopped - due)} late' if stopped else 'never stopped'}"
    return f"{phrase}: due {_moment(due)}"


def _people(facts: Facts) -> str:
    roles = {**({"commander": facts["commander"]} if facts["commander"] else {}), **facts["roles"]}
    said = [f"{person} ({role})" for role, person in roles.items()]
    others = dict.fromkeys(
        event["actor"]
        for event in facts["events"]
        if event["kind"] not in ("alert", "alert_resolved", "opened", *_UNTOLD)
    )
    said += [actor for actor in others if actor != "fireline" and actor not in roles.values()]
    return ", ".join(said) or "nobody"


def _timeline(facts: Facts) -> Iterable[str]:
    events = [e for e in facts["events"] if e["kind"] not in _UNTOLD and e["payload"].get("event") != "reminder"]
    skipped = len(events) - MOST_EVENTS
    day = None
    for place, event in enumerate(events):
        if skipped > 0 and MOST_EVENTS // 2 <= place < MOST_EVENTS // 2 + skipped:
            if place == MOST_EVENTS // 2:
                yield f"- … {skipped} more events, see the timeline of {facts['id']} …"
            continue
        at = event["at"].astimezone(UTC)
        if at.date() != day:
            day = at.date()
            yield from ([""] if place else [])
            yield f"{day:%Y-%m-%d}, UTC:"
            yield ""
        yield f"- {at:%H:%M:%S} {escape(sentence(event['kind'], event['actor'], event['payload']))}"


def _root_cause(facts: Facts) -> Iterable[str]:
    verdict = facts["verdict"]
    if verdict is None:
        yield "Fireline named no cause. Write down here what it was, and how you know."
        return
    confidence = f"confidence {verdict['confidence']}"
    yield f"**{escape(verdict['title'])}** ({code(verdict['cause'])}, {confidence}, seen {_moment(verdict['taken_at'])})"
    if verdict.get("evidence"):
        yield ""
        yield from (f"- {escape(fact['fact'])} ({escape(fact['source'])})" for fact in verdict["evidence"])
    if verdict.get("rejected"):
        yield ""
        yield "Ruled out:"
        yield ""
        yield from (f"- {code(other['cause'])}: {escape(other['because'])}" for other in verdict["rejected"])
    also = [f["title"] for f in facts["findings"] if f["rank"] and f["taken_at"] == verdict["taken_at"]]
    if also:
        yield ""
        yield f"Also seen: {escape(', '.join(also))}."
    yield ""
    yield {
        "green": "Its probe was asked again and saw it gone.",
        "red": "**Its probe still saw it when it was asked last.**",
    }.get(verdict["probe_state"], "Whether it is gone could not be seen.")


def _changed(facts: Facts) -> Iterable[str]:
    """What was changed in the 24 hours before the first signal and until the end, the nearest before it first."""
    found = facts["changed"]
    for one in found:
        span = f"between {_moment(one['not_before'])} and " if one["not_before"] else ""
        by = f", by {escape(one['by'])}" if one["by"] else ""
        about = "" if one["target"] else ", may be about any target"
        told = f"{one['kind']}: {escape(one['title'])}{by} ({escape(one['source'])}{about})"
        yield f"- {one['when']} ({span}{_moment(one['at'])}): {told}"
    if found[0]["total"] > len(found):
        yield f"- … and {found[0]['total'] - len(found)} more."
    yield ""
    yield "Times are counted from the first signal. Whether any of it was the cause, people say."


def _resolution(facts: Facts) -> Iterable[str]:
    approved: dict[tuple[Any, Any], str] = {}
    reads, done = [], []
    for event in facts["events"]:
        payload = event["payload"]
        place = (payload.get("run"), payload.get("position"))
        if event["kind"] == "approved":
            approved[place] = event["actor"]
        if event["kind"] == "step" and payload.get("level") == "read":
            if payload.get("state") == "succeeded":
                reads.append(str(payload.get("title") or ""))
        elif event["kind"] in _DONE:
            by = f" (approved by {approved[place]})" if event["kind"] == "step" and place in approved else ""
            done.append(escape(sentence(event["kind"], event["actor"], payload) + by))
    groups = [
        [f"Looked at: {escape(', '.join(dict.fromkeys(reads)))}."] if reads else [],
        [f"{number}. {text}" for number, text in enumerate(done, start=1)],
        [_ended(facts)] if facts["resolution"] else [],
    ]
    if not done and not facts["resolution"]:
        groups.append(["Nothing was changed through Fireline. Write down here what ended it."])
    return "\n\n".join("\n".join(group) for group in groups if group).splitlines()


def _ended(facts: Facts) -> str:
    by = next(
        (display(event["actor"]) for event in reversed(facts["events"]) if event["kind"] == "resolved"), "Somebody"
    )
    return f"{escape(by)} resolved it: {escape(facts['resolution'])}"


def _impact(facts: Facts) -> Iterable[str]:
    said = escape(facts["impact"]) if facts["impact"] else "Nobody has written it down. Who felt it, and how?"
    yield said
    yield ""
    users = facts["users_affected"]
    yield f"- Users affected: {'not known' if users is None else users}"
    guess = facts.get("estimate")
    if guess:
        yield f"- Seen by Fireline: {escape(guess['text'])} ({escape(guess['because'])})"
    lasted = _between(facts["detected_at"], facts["resolved_at"])
    yield f"- Lasted: {lasted}"
    yield from _around(facts)
    if facts["symptom"]:
        yield f"- As it was reported: {escape(facts['symptom'])}"
    if facts["alerts_total"]:
        titles = dict.fromkeys(alert["title"] for alert in facts["alerts"])
        yield f"- Alerts: {facts['alerts_total']} ({escape(', '.join(list(titles)[:5]))}{', …' if len(titles) > 5 else ''})"  # noqa: PLR2004


def _around(facts: Facts) -> Iterable[str]:
    """What ailed beside the database at any time of the incident, by its first words."""
    told: dict[str, tuple[datetime, str]] = {}
    for event in facts["events"]:
        for one in event["payload"].get("changes", ()) if event["kind"] == "surroundings" else ():
            if one.get("state") == "ailing" and "estimate" not in one:
                told.setdefault(beside(one), (event["at"], str(one.get("title") or "")))
    for name, (at, title) in told.items():
        yield f"- {escape(name)}: {escape(title)} (seen {_moment(at)})"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _after(moment: datetime | None, detected: datetime, by: str | None = None) -> str:
    if moment is None:
        return ""
    return f"{_moment(moment)}{f' by {escape(by)}' if by else ''}, {length(moment - detected)} after detection"


def _between(start: datetime, end: datetime | None) -> str:
    return length(end - start) if end else "not over"


def length(duration: timedelta) -> str:
    """A duration as people say it: 2 d 3 h, 12 min 48 s."""
    seconds = max(0, round(duration.total_seconds()))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
