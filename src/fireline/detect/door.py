"""Where alerts come in: who may send, what is accepted, and the answer; which HTTP framework carries it is `web`'s."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from hmac import compare_digest
from typing import Any

import structlog

from fireline import clock, shelf
from fireline.detect import body as request_body
from fireline.detect import rules
from fireline.detect.commit import Committer
from fireline.detect.journal import Journal, folder_of
from fireline.detect.routes import Found, Routes
from fireline.detect.signals import Row
from fireline.detect.source import POST, Answer, Event, Inbound, Kept, Knock, Source, key
from fireline.errors import FirelineError, NotFound, SettingsError, StoreUnavailable, Unauthenticated, Usage
from fireline.settings import Settings, SourceSettings
from fireline.store.connect import Connection, Store

SHELF = "fireline.detect.sources"
UNKNOWN = "(unknown)"  # what a refusal is counted under when no such source is configured
LARGE = 32_000  # bytes; a larger body is read beside the event loop, so that nobody waits for it

ACCEPTED, MALFORMED, UNAUTHENTICATED, UNAVAILABLE = 202, 400, 401, 503
log = structlog.get_logger(__name__)
_HEADERS = {UNAVAILABLE: {"Retry-After": "1"}, UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"}}


class TooLarge(FirelineError):
    """the body is too large"""

    http_status = 413


class Door:
    """All configured sources of one server. `start` it before the first delivery, `close` it after the last."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._sources = settings.sources
        self._formats = parsers(settings)
        rules.check(settings)
        self._options = {
            name: _options(self._formats[one.format], name, settings) for name, one in settings.sources.items()
        }
        self.routes = Routes(self._formats.values())
        self.max_body = settings.server.max_body
        self.committer = Committer(store.url, limit=settings.server.queue, journal=_journal(settings))
        self.counted: Counter[tuple[str, int]] = Counter()  # (source, status), since the start, for metrics

    def start(self) -> None:
        """Begin to commit."""
        self.committer.start()

    def close(self) -> None:
        """Commit what waits and stop."""
        self.committer.close()

    def knows(self, name: str, token: str) -> bool:
        """Whether a source of this name has this token."""
        one = self._sources.get(name)
        return one is not None and _matches(one, [token.encode("utf-8", "replace")])

    def methods(self, name: str) -> frozenset[str]:
        """The methods that /in/NAME takes; those of POST alone when there is no such source."""
        one = self._sources.get(name)
        return self._formats[one.format].methods if one else POST

    async def receive(
        self, name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, *, method: str = "POST"
    ) -> Answer:
        """Check, read and store one delivery for the source `name`; header names are in lower case.

        202 is never answered before the signal is durable. A full or absent store is 503, which every sender retries.
        """
        source: Source | None = None
        try:
            settings = self._sources.get(name)
            if settings is None:
                raise NotFound(f"no source {name[:60]!r}", hint="Sources are listed in fireline.toml under [sources].")
            source = self._formats[settings.format]
            if not (source.signed and settings.secret) and not _presented(settings, headers, query):
                hint = "Send it as Authorization: Bearer, or ?token=."
                raise Unauthenticated("the token is absent or wrong", hint=hint)
            kind = headers.get("content-type", "")
            inbound = Inbound(name, body, settings, kind, query, headers, method, options=self._options[name])
            return await self._keep(source, inbound)
        except FirelineError as wrong:
            return self._refusal(name, source, wrong)

    async def receive_at(
        self, found: Found, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> Answer:
        """The same for a delivery at a path of its format, where the token says which source it is."""
        source, name = self._formats[found.format], UNKNOWN
        knock = Knock(body, headers.get("content-type", ""), query, headers, method, found.place)
        try:
            self._check_size(source, body)
            name = await self._sender(source, knock)
            inbound = knock.of(name, self._sources[name], self._options[name])
            if source.ask is not None and method == "GET":
                return await asyncio.to_thread(self._look_up, source.ask, inbound)
            return await self._keep(source, inbound)
        except FirelineError as wrong:
            return self._refusal(name, source, wrong)

    def _look_up(self, ask: Callable[[Connection, Inbound], Answer], inbound: Inbound) -> Answer:
        with self._store.transaction() as conn:
            return ask(conn, inbound)

    async def _sender(self, source: Source, knock: Knock) -> str:
        """The one source of this format whose token was presented; how long it takes says nothing about tokens."""
        given = _given(knock.headers, knock.query)
        if source.presented is not None:
            reading = source.presented
            own = await asyncio.to_thread(reading, knock) if len(knock.body) > LARGE else reading(knock)
            given += [one.encode("utf-8", "replace") for one in own]
        ours = [(name, one) for name, one in self._sources.items() if one.format == source.format]
        fitting = [name for name, one in ours if _matches(one, given, self._also(source, name))]
        if not fitting:
            raise Unauthenticated(f"no source of the format {source.format} has this token", hint=_AT_A_ROUTE)
        return fitting[0]

    def _also(self, source: Source, name: str) -> list[str]:
        return source.also_known_by(self._options[name]) if source.also_known_by else []

    async def _before(self, source: Source, inbound: Inbound) -> Inbound:
        """What only the store knows of it; while that is away, intake decides later."""
        question = source.before(inbound) if source.before else None
        if question is None or self.committer.away:
            return inbound
        with suppress(StoreUnavailable):
            return replace(inbound, known=await asyncio.to_thread(self._asked, question))
        return inbound

    def _asked(self, question: Callable[[Connection], Any]) -> Any:
        with self._store.transaction() as conn:
            return question(conn)

    async def _keep(self, source: Source, inbound: Inbound) -> Answer:
        self._check_size(source, inbound.body)
        inbound = await self._before(source, inbound)
        large = len(inbound.body) > LARGE
        row = await asyncio.to_thread(_read, source, inbound) if large else _read(source, inbound)
        signal = await self.committer.offer(row)
        self.counted[inbound.source, ACCEPTED] += 1
        return _answer(source, inbound, signal)

    def _check_size(self, source: Source, body: bytes) -> None:
        most = min(self.max_body, source.largest or self.max_body)
        if len(body) > most and not source.cuts:
            hint = "See server.max_body." if most == self.max_body else f"{source.format} allows no more."
            raise TooLarge(f"the body has {len(body)} bytes, more than {most}", hint=hint)

    def _refusal(self, name: str, source: Source | None, wrong: FirelineError) -> Answer:
        status = MALFORMED if isinstance(wrong, Usage) else wrong.http_status
        known = name if name in self._sources else UNKNOWN
        self.counted[known, status] += 1
        if not isinstance(wrong, StoreUnavailable):
            self.committer.refused(known, f"{status}: {wrong.message}")
        headers = _HEADERS.get(status, {})
        if source is not None and source.refuse is not None:
            own = source.refuse(wrong, status)
            return Answer(own.status, own.body, {**headers, **own.headers})
        told = {"error": wrong.message} | ({"hint": wrong.hint} if wrong.hint else {})
        return Answer(status, told, headers)


_AT_A_ROUTE = "Use the token of a source in fireline.toml under [sources]."


def _journal(settings: Settings) -> Journal | None:
    """Where signals are kept while the store is away."""
    if not settings.server.journal:
        return None
    return Journal(folder_of(settings), settings.server.journal)


def _options(source: Source, name: str, settings: Settings) -> Any:
    """What a source works with of the settings; raises SettingsError that names the key."""
    own = source.options_of(name, settings.sources[name])
    return source.complete(settings, name, own) if source.complete else own


def parsers(settings: Settings) -> dict[str, Source]:
    """The shelf of sources; SettingsError when a configured source wants a format that is not on it."""
    found: dict[str, Source] = shelf.read(SHELF, "source")
    for name, one in settings.sources.items():
        if one.format not in found:
            near = get_close_matches(one.format, found, n=1, cutoff=0.4)
            also = f"did you mean {near[0]}?" if near else f"there are: {', '.join(found)}"
            raise SettingsError(f"sources.{name}.format: no format {one.format!r}; {also}")
        if one.token is None and not found[one.format].signed:
            raise SettingsError(f"sources.{name}.token: is needed, as {one.format} does not sign what it sends")
        if one.secret is not None and found[one.format].check is None:
            raise SettingsError(f"sources.{name}.secret: {one.format} signs nothing, so there is nothing to check")
    return found


def _read(source: Source, inbound: Inbound) -> Row:
    """The delivery as a row; every way in which a body can be wrong is a Usage error here.

    A parser that breaks has met what nobody thought of: the delivery is kept, and wakes somebody as it came.
    """
    if source.check is not None:
        source.check(inbound)
    document = source.read(inbound) if source.read else inbound.document
    try:
        events = [event.json() for event in source.parse(inbound)]
    except FirelineError:
        raise
    except Exception as broken:  # a fault of ours must not cost an alert
        log.exception("a parser broke", source=inbound.source, format=source.format)
        events = [_as_it_came(inbound, broken).json()]
    return Row(
        source=inbound.source,
        received_at=clock.now(),
        digest=_digest(inbound),
        body=request_body.redacted(document),
        events=request_body.redacted(events),
        uid=inbound.uid,
    )


def _answer(source: Source, inbound: Inbound, signal: Kept) -> Answer:
    """What is kept is answered as such, even where the format's own words can not be found."""
    if source.answer is not None:
        try:
            return source.answer(inbound, signal)
        except Exception:  # it is the same body that broke the parser
            log.exception("an answer broke", source=inbound.source, format=source.format)
    return Answer(ACCEPTED, {"status": "accepted", "signal": signal})


def _digest(inbound: Inbound) -> bytes:
    """Of all that makes a delivery this one: two of the same body at other paths are not the same."""
    whole = hashlib.sha256(inbound.body)
    if inbound.place or inbound.query:
        beside = (inbound.method, sorted(inbound.place.items()), sorted(inbound.query.items()))
        whole.update(repr(beside).encode("utf-8", "surrogatepass"))
    return whole.digest()


def _as_it_came(inbound: Inbound, broken: Exception) -> Event:
    return Event(
        key=key(inbound.source, hashlib.sha256(inbound.body).hexdigest()),
        key_reason="the delivery itself, as it could not be read",
        title=f"a delivery from {inbound.source} could not be read",
        text=f"Look at the signal itself. Reading it failed with {type(broken).__name__}, which is a fault of Fireline.",
    )


def _presented(settings: SourceSettings, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """Whether the token came as a bearer token, as the password of basic authentication, or in the query."""
    return _matches(settings, _given(headers, query))


def _given(headers: Mapping[str, str], query: Mapping[str, str]) -> list[bytes]:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    given = [query.get("token", "").encode("utf-8", "replace")]
    if scheme.lower() == "bearer":
        given.append(value.strip().encode("utf-8", "replace"))
    elif scheme.lower() == "basic":
        given.append(_password(value))
    return given


def _matches(settings: SourceSettings, given: list[bytes], also: Sequence[str] = ()) -> bool:
    wanted = [settings.token.reveal().encode() if settings.token else b"", *(one.encode() for one in also)]
    # No short-circuit: how long this takes says nothing about the token.
    matches = [bool(right) & compare_digest(right, one) for right in wanted for one in given]
    return any(matches)


def _password(value: str) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
