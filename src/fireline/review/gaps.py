"""What an incident showed to be missing: in the runbook, in the telling, in the rules; and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fireline.incident.story import said
from fireline.review.markdown import block, code, escape

_FAILED = {"failed": "failed", "timed_out": "ran out of time", "unknown": "ended with an unknown outcome"}
_OPEN = "owner: ______, due: ______"

Facts = dict[str, Any]


def gaps(facts: Facts) -> Iterator[str]:
    """Steps that did not work as written, with their line in the file and the error, and incidents without a procedure."""
    found = list(_gaps(facts))
    yield from found or ["Nothing that the record shows: every step was carried out as it stands in the runbook."]


def _gaps(facts: Facts) -> Iterator[str]:
    for event in facts["events"]:
        payload, kind = event["payload"], event["kind"]
        where = _where(facts, payload)
        if kind == "step" and payload.get("state") in _FAILED:
            yield f"- {where} {_FAILED[payload['state']]}:"
            yield block(str(payload.get("error") or payload.get("summary") or "no error text"), indent="  ")
            if payload.get("hint"):
                yield f"  {escape(str(payload['hint']))}"
        elif kind == "skipped":
            yield f"- {where} was skipped by {escape(event['actor'])}: {escape(said(payload.get('reason')))}"
        elif kind == "replaced":
            yield f"- {where} was replaced by {escape(event['actor'])}{_because(payload)}; what was run instead:"
            yield block(str(payload.get("command") or ""), indent="  ")
        elif kind == "no_match":
            best = f"; the nearest was {escape(said(payload['best']))}" if payload.get("best") else ""
            yield f"- No procedure fitted well enough{best}."


def measures(facts: Facts) -> Iterator[str]:
    """What would keep it from happening again, or from going as it went, as far as the record can say."""
    found = [f"- {text}" for text in _measures(facts)]
    yield from found or ["None follows from the record by itself. What would have kept this from happening?"]


def _measures(facts: Facts) -> Iterator[str]:
    verdict = facts["verdict"]
    if verdict is not None:
        remedy = (verdict.get("remedy") or {}).get("text")
        advice = f" What mends it once it is there: {escape(remedy)}" if remedy else ""
        yield f"Find out how it came to “{escape(verdict['title'])}”, and make that impossible or watched.{advice}"
    if any(True for _ in _gaps(facts)):
        yield "Mend the runbook where it did not work: see below."
    for clock in facts["clocks"]:
        if clock["state"] == "breached":
            yield f"The {escape(clock['kind'])} clock ({escape(clock['phrase'])}) was breached: see who was told, and when."
    for name in dict.fromkeys(_contacts_not_reached(facts)):
        yield f"{escape(name)} could not be told: mend the address or the channel."


def _contacts_not_reached(facts: Facts) -> Iterator[str]:
    for event in facts["events"]:
        if event["kind"] == "telling_failed" and event["payload"].get("permanent"):
            yield f"{said(event['payload'].get('contact'))} ({said(event['payload'].get('channel'))})"


def to_do(facts: Facts) -> Iterator[str]:
    """Tasks with a place for who and until when; rules that were broken in the night are to be looked at by day."""
    found = [f"- [ ] {text} ({_OPEN})" for text in dict.fromkeys(_tasks(facts))]
    yield from found or [f"- [ ] ({_OPEN})"]


def _tasks(facts: Facts) -> Iterable[str]:
    for event in facts["events"]:
        payload, kind = event["payload"], event["kind"]
        where = _where(facts, payload)
        if kind == "approved" and payload.get("break_glass"):
            yield (
                f"Review the break-glass of {escape(event['actor'])}: {where}{_because(payload)}. Why was the usual way too slow?"
            )
        elif kind == "resolved" and payload.get("red"):
            yield f"Remove the cause that was still there when {escape(event['actor'])} resolved it{_because(payload)}"
        elif kind == "step" and payload.get("state") in _FAILED:
            yield f"Mend {where} in the runbook"
        elif kind == "replaced":
            yield f"Put what was run instead into the runbook: {where}"
        elif kind == "no_match":
            yield "Write a procedure for incidents like this one"


def _where(facts: Facts, payload: dict[str, Any]) -> str:
    """Which step of which file: `step 3 “Check slow queries” (incident-response.md, line 78)`."""
    if payload.get("position") is None:
        return ""
    place = next(
        (p for p in facts["places"] if (p["run"], p["position"]) == (payload.get("run"), payload["position"])), None
    )
    line = (place or {}).get("line") or payload.get("line")
    file = (place or {}).get("file") or ""
    stands = ", ".join(part for part in (code(file.rsplit("/", 1)[-1]), f"line {line}" if line else "") if part)
    title = escape(said(payload.get("title")))
    return f"step {payload['position']} “{title}”{f' ({stands})' if stands else ''}"


def _because(payload: dict[str, Any]) -> str:
    return f" ({escape(said(payload['reason']))})" if payload.get("reason") else ""
