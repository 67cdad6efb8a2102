"""Anything that can send JSON or a form: the few fields every alert has, under their usual names or where a map says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from pydantic import Field

from fireline.detect.mapping import MOST_LOOKS, RESOLVED, Found, Map, TooMuch, is_over, read
from fireline.detect.source import MOST_EVENTS, Event, Inbound, Source, key, labels, line, moment, moment_said, prose
from fireline.errors import Usage
from fireline.settings import Model

_TITLE = ("summary", "title", "message")
_TEXT = ("details", "description", "text")
_DEDUP = ("dedup", "dedup_key", "alias")
_STATUS = ("action", "status", "event_action")


class Options(Model):
    """What a sender is like that has names of its own."""

    map: Map | None = Field(None, description="where the fields of an alert stand, as JSONPaths")


def parse(inbound: Inbound) -> list[Event]:
    """One event, or one an element when the body is a list. Fields may also stand in the query.

    A status that is not known fires: an alert too many is better than one lost.
    """
    document = inbound.document
    beside = {name: value for name, value in inbound.query.items() if name != "token"}
    if isinstance(inbound.options, Options) and inbound.options.map is not None:
        return _mapped(
            inbound.options.map, inbound.source, {**beside, **document} if isinstance(document, dict) else document
        )
    told = document if isinstance(document, list) else [document]
    if len(told) > MOST_EVENTS:
        raise Usage(f"{len(told)} alerts in one delivery", hint=f"Send at most {MOST_EVENTS}.")
    return [_event(inbound.source, {**beside, **fields} if isinstance(fields, dict) else fields) for fields in told]


def _mapped(map_: Map, source: str, document: Any) -> list[Event]:
    if document in ({}, "", None):
        raise Usage("nothing was sent", hint="Send the JSON that the map of this source speaks of.")
    try:
        return [_by_map(map_, source, found) for found in read(map_, document)]
    except TooMuch:
        return [_as_it_came(source, document)]


def _as_it_came(source: str, document: Any) -> Event:
    """What is too large for its map goes through whole."""
    whole = json.dumps(document, sort_keys=True)
    said = (
        f"The paths of its map would look at more than {MOST_LOOKS:,} values in it; a path without .. looks at fewer."
    )
    return Event(
        key=key(source, hashlib.sha256(whole.encode()).hexdigest()),
        key_reason="the delivery itself, as it was not mapped",
        title=f"a delivery from {source} is too large for its map",
        text=prose(f"{said}\n{whole}"),
    )


def _by_map(map_: Map, source: str, found: Found) -> Event:
    """What the map found goes before the usual names; what it did not find is said, and the alert goes through."""
    usual = found.element if isinstance(found.element, dict) else {}
    hidden = {name for field, names in _OTHER_NAMES.items() if field in found.fields for name in names}
    told = {name: value for name, value in usual.items() if name not in hidden} | found.fields
    if "status" in found.fields:
        told["status"] = RESOLVED[0] if is_over(map_, found.fields["status"]) else ""
    title = _first(told, ("title", *_TITLE), 300) or _first(usual, _TITLE, 300)
    nameless = not title and not _first(told, _DEDUP, 300)
    event = _event(
        source, told | {"title": title or f"an alert from {source}, which its map found no title of"}, _BY_MAP
    )
    if nameless:
        whole = json.dumps(found.element, sort_keys=True)
        digest = hashlib.sha256(whole.encode()).hexdigest()
        event = replace(event, key=key(source, digest), key_reason="all that was sent", text=event.text or prose(whole))
    return _with_missed(map_, event, found.missed)


def _with_missed(map_: Map, event: Event, missed: tuple[str, ...]) -> Event:
    if not missed:
        return event
    said = "The map of this source found nothing for: " + ", ".join(
        f"{name} ({path})" if isinstance(path := getattr(map_, name), str) else name for name in missed
    )
    notes = event.annotations | {"map": line(said, 1_000)}
    if not {"each", "title"} & set(missed):
        return replace(event, annotations=notes)
    return replace(event, annotations=notes, text=prose(f"{event.text}\n{said}."))


# What the map has found is not looked for under these.
_OTHER_NAMES = {"title": _TITLE, "text": _TEXT, "dedup": _DEDUP, "status": _STATUS, "severity": ("priority",)}
_BY_MAP = ("title", *_TITLE)


def _event(source: str, fields: object, titles: tuple[str, ...] = _TITLE) -> Event:
    if not isinstance(fields, dict):
        raise Usage("an alert is a JSON object or a form", hint='Send at least {"summary": "what is wrong"}.')
    states = [fields[name] for name in _STATUS if name in fields]
    resolved = any(line(state, 40).casefold() in RESOLVED for state in states)
    dedup = _first(fields, _DEDUP, 2_000)
    title = _first(fields, titles, 300)
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
        starts_at=moment_said(start),
        ends_at=moment(fields.get("ends_at")),
        once=key(dedup or title, line(start, 60)) if start else None,
    )


def _first(fields: dict[str, Any], names: tuple[str, ...], most: int) -> str:
    for name in names:
        if fields.get(name) is not None and (found := line(fields[name], most)):
            return found
    return ""


_SETUP = (
    '`curl $URL/in/$NAME -H "Authorization: Bearer TOKEN" --json \'{"summary": "disk full", "severity": "high", "dedup": "disk"}\'`',
    'The same with "status": "resolved" when it is over. JSON of any other shape is mapped in sources.$NAME.options.map.',
)
source = Source(
    "generic",
    "a JSON object or a form with summary, details, severity, status, dedup, target, or JSON of your own with a map",
    parse,
    methods=frozenset({"POST", "PUT", "GET"}),
    options=Options,
    setup=_SETUP,
)
