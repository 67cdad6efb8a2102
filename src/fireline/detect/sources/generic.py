"""Anything that can send a JSON object or a form: the few fields every alert has, under their usual names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.detect.source import MOST_EVENTS, Event, Inbound, Source, key, labels, line, moment, prose
from fireline.errors import Usage

_TITLE = ("summary", "title", "message")
_TEXT = ("details", "description", "text")
_DEDUP = ("dedup", "dedup_key", "alias")
_RESOLVED = frozenset({"close", "closed", "resolve", "resolved", "ok", "up", "recovery", "recovered"})


def parse(inbound: Inbound) -> list[Event]:
    """One event, or one an element when the body is a list. Fields may also stand in the query.

    A status that is not known fires: an alert too many is better than one lost.
    """
    document = inbound.document
    told = document if isinstance(document, list) else [document]
    if len(told) > MOST_EVENTS:
        raise Usage(f"{len(told)} alerts in one delivery", hint=f"Send at most {MOST_EVENTS}.")
    beside = {name: value for name, value in inbound.query.items() if name != "token"}
    return [_event(inbound.source, fields, beside) for fields in told]


def _event(source: str, fields: object, beside: Mapping[str, str]) -> Event:
    if not isinstance(fields, dict):
        raise Usage("an alert is a JSON object or a form", hint='Send at least {"summary": "what is wrong"}.')
    fields = {**beside, **fields} if beside else fields
    states = [fields[name] for name in ("action", "status", "event_action") if name in fields]
    resolved = any(line(state, 40).casefold() in _RESOLVED for state in states)
    dedup = _first(fields, _DEDUP, 2_000)
    title = _first(fields, _TITLE, 300)
    if not title and not (dedup and resolved):
        raise Usage("no summary", hint='Send at least {"summary": "what is wrong"}; title and message will do too.')
    target = line(fields.get("target"), 100)
    named = labels(fields.get("labels"))
    group = line(fields.get("group"), 2_000)
    start = fields.get("starts_at")
    return Event(
        key=key(source, dedup) if dedup else key(source, target, title),
        key_reason="the sender's dedup key" if dedup else "target and title" if target else "the title",
        title=title or dedup,
        status="resolved" if resolved else "firing",
        text=prose(next((fields[name] for name in _TEXT if fields.get(name)), None)),
        severity=_first(fields, ("severity", "priority"), 60) or named.get("severity"),
        target=target or None,
        labels=named,
        annotations=labels(fields.get("meta")),
        group_key=key(source, group) if group else "",
        group_reason="the sender's group" if group else "",
        starts_at=moment(start),
        ends_at=moment(fields.get("ends_at")),
        once=key(dedup or title, line(start, 60)) if start else None,
    )


def _first(fields: dict[str, Any], names: tuple[str, ...], most: int) -> str:
    for name in names:
        if fields.get(name) is not None and (found := line(fields[name], most)):
            return found
    return ""


source = Source("generic", "a JSON object or a form with summary, details, severity, status, dedup, target", parse)
