"""Where alerts come in: who may send, what is accepted, and the answer; which HTTP framework carries it is `web`'s."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from hmac import compare_digest
from typing import Any

from fireline import clock, shelf
from fireline.detect import body as request_body
from fireline.detect.commit import Committer
from fireline.detect.signals import Row
from fireline.detect.source import Inbound, Source
from fireline.errors import FirelineError, NotFound, SettingsError, StoreUnavailable, Unauthenticated, Usage
from fireline.settings import Settings, SourceSettings
from fireline.store.connect import Store

SHELF = "fireline.detect.sources"
UNKNOWN = "(unknown)"  # what a refusal is counted under when no such source is configured
LARGE = 32_000  # bytes; a larger body is read beside the event loop, so that nobody waits for it

ACCEPTED, MALFORMED, UNAUTHENTICATED, UNAVAILABLE = 202, 400, 401, 503
_HEADERS = {UNAVAILABLE: {"Retry-After": "1"}, UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"}}


class TooLarge(FirelineError):
    """the body is too large"""

    http_status = 413


@dataclass(frozen=True)
class Answer:
    """What the sender is told."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Door:
    """All configured sources of one server. `start` it before the first delivery, `close` it after the last."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._sources = settings.sources
        self._parsers = parsers(settings)
        self.max_body = settings.server.max_body
        self.committer = Committer(store.url, limit=settings.server.queue)
        self.counted: Counter[tuple[str, int]] = Counter()  # (source, status), since the start, for metrics

    def start(self) -> None:
        """Begin to commit."""
        self.committer.start()

    def close(self) -> None:
        """Commit what waits and stop."""
        self.committer.close()

    async def receive(self, name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Answer:
        """Check, read and store one delivery for the source `name`; header names are in lower case.

        202 is never answered before the signal is durable. A full or absent store is 503, which every sender retries.
        """
        try:
            row = await self._row(name, headers, query, body)
            signal = await self.committer.offer(row)
        except FirelineError as wrong:
            return self._refusal(name, wrong)
        self.counted[name, ACCEPTED] += 1
        return Answer(ACCEPTED, {"status": "accepted", "signal": signal})

    async def _row(self, name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Row:
        settings = self._sources.get(name)
        if settings is None:
            raise NotFound(f"no source {name[:60]!r}", hint="Sources are listed in fireline.toml under [sources].")
        if not _presented(settings, headers, query):
            raise Unauthenticated("the token is absent or wrong", hint="Send it as Authorization: Bearer, or ?token=.")
        if len(body) > self.max_body:
            raise TooLarge(f"the body has {len(body)} bytes, more than {self.max_body}", hint="See server.max_body.")
        inbound = Inbound(name, body, settings, headers.get("content-type", ""), query, headers)
        if len(body) > LARGE:
            return await asyncio.to_thread(_read, self._parsers[settings.format], inbound)
        return _read(self._parsers[settings.format], inbound)

    def _refusal(self, name: str, wrong: FirelineError) -> Answer:
        status = MALFORMED if isinstance(wrong, Usage) else wrong.http_status
        known = name if name in self._sources else UNKNOWN
        self.counted[known, status] += 1
        if not isinstance(wrong, StoreUnavailable):
            self.committer.refused(known, f"{status}: {wrong.message}")
        told = {"error": wrong.message} | ({"hint": wrong.hint} if wrong.hint else {})
        return Answer(status, told, _HEADERS.get(status, {}))


def parsers(settings: Settings) -> dict[str, Source]:
    """The shelf of sources; SettingsError when a configured source wants a format that is not on it."""
    found: dict[str, Source] = shelf.read(SHELF, "source")
    for name, one in settings.sources.items():
        if one.format not in found:
            near = get_close_matches(one.format, found, n=1, cutoff=0.4)
            also = f"did you mean {near[0]}?" if near else f"there are: {', '.join(found)}"
            raise SettingsError(f"sources.{name}.format: no format {one.format!r}; {also}")
    return found


def _read(source: Source, inbound: Inbound) -> Row:
    """The delivery as a row; every way in which a body can be wrong is a Usage error here."""
    if source.check is not None:
        source.check(inbound)
    events = [event.json() for event in source.parse(inbound)]
    return Row(
        source=inbound.source,
        received_at=clock.now(),
        digest=hashlib.sha256(inbound.body).digest(),
        body=request_body.redacted(inbound.document),
        events=request_body.redacted(events),
    )


def _presented(settings: SourceSettings, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """Whether the token came as a bearer token, as the password of basic authentication, or in the query."""
    wanted = settings.token.reveal().encode()
    scheme, _, value = headers.get("authorization", "").partition(" ")
    given = [query.get("token", "").encode("utf-8", "replace")]
    if scheme.lower() == "bearer":
        given.append(value.strip().encode("utf-8", "replace"))
    elif scheme.lower() == "basic":
        given.append(_password(value))
    # No short-circuit: how long this takes says nothing about the token.
    matches = [compare_digest(wanted, one) for one in given]
    return bool(wanted) and any(matches)


def _password(value: str) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
