"""Reads a payload as the door of a source would, and keeps nothing: to see by daylight what would be made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from fireline import shelf
from fireline.detect import body as request_body
from fireline.detect.door import SHELF, TooLarge, parsers
from fireline.detect.routes import Routes
from fireline.detect.source import Event, Inbound, Knock, Source, event_of
from fireline.errors import FirelineError, NotFound, Unauthenticated, Usage
from fireline.redact import Secret
from fireline.settings import Settings, SourceSettings

JSON = "application/json"


@dataclass(frozen=True)
class Payload:
    """What is tried: the bytes, and what came beside them. path: at which the sender would knock, if not at /in/NAME."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: str = ""
    method: str = "POST"


@dataclass(frozen=True)
class Reading:
    """What the source's own parser made of it, secrets taken out, and what is to be known beside that."""

    format: str
    configured: bool
    events: tuple[Event, ...]
    notes: tuple[str, ...]


def read(settings: Settings, name: str, payload: Payload) -> Reading:
    """The events of a payload for the source of this name, or of this format. Raises Usage, NotFound, TooLarge."""
    source, own = _source(settings, name)
    inbound, notes = _inbound(settings, source, name, own, payload), []
    most = min(settings.server.max_body, source.largest or settings.server.max_body)
    if len(payload.body) > most and not source.cuts:
        raise TooLarge(f"the body has {len(payload.body)} bytes, more than {most}")
    if source.check is not None and own.secret is not None:
        try:
            source.check(inbound)
        except Unauthenticated as wrong:
            notes.append(f"the door would refuse it as it stands: {wrong.message}; read without that here")
    if source.read is None:
        _ = inbound.document  # what is no JSON is told as such
    try:
        events = source.parse(inbound)
    except FirelineError:
        raise
    except Exception as broken:  # noqa: BLE001 - the door would let it through as an alert of its own
        raise Usage(
            f"the parser of {source.format} broke with {type(broken).__name__}, a fault of Fireline",
            hint="The door would keep it and wake somebody with the delivery as it came. Please report it.",
        ) from None
    kept = json.loads(request_body.redacted([event.json() for event in events]))
    if name not in settings.sources:
        notes.append(f"no source {name} is in the settings: read as the format {source.format} without any")
    return Reading(source.format, name in settings.sources, tuple(event_of(one) for one in kept), tuple(notes))


def _source(settings: Settings, name: str) -> tuple[Source, SourceSettings]:
    """The source of this name; a format that nobody has configured can be tried as well."""
    if name in settings.sources:
        return parsers(settings)[settings.sources[name].format], settings.sources[name]
    shelved: dict[str, Source] = shelf.read(SHELF, "source")
    if name in shelved:
        return shelved[name], SourceSettings(format=name, token=Secret("not-a-token-of-anybody"))
    known = [*settings.sources, *(one for one in shelved if one not in settings.sources)]
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    raise NotFound(f"no source and no format {name[:60]!r}", hint=hint)


def _inbound(settings: Settings, source: Source, name: str, own: SourceSettings, payload: Payload) -> Inbound:
    options = source.options_of(name, own)
    if source.complete is not None and name in settings.sources:
        options = source.complete(settings, name, options)
    headers = {key.lower(): value for key, value in payload.headers.items()}
    place: Mapping[str, str] = {}
    if payload.path:
        found = Routes([source]).find(payload.path)
        if found is None:
            known = ", ".join(route.path for route in source.routes) or "none beside /in/NAME"
            raise Usage(f"{payload.path[:80]!r} is no path of {source.format}", hint=f"Its paths: {known}.")
        place = found.place
    kind = headers.get("content-type", JSON)
    return Knock(payload.body, kind, payload.query, headers, payload.method.upper(), place).of(name, own, options)
