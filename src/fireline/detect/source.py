"""The contract of a source: one format that alerts arrive in, read by a pure function. The shelf is `sources/`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from fireline.detect import body as request_body
from fireline.detect.signals import new_uid
from fireline.errors import FirelineError, SettingsError
from fireline.settings import Model, Settings, SourceSettings
from fireline.store.connect import Connection

LONGEST_TITLE = 300
LONGEST_TEXT = 20_000
LONGEST_KEY = 300
LONGEST_LABEL = 1_000
MOST_LABELS = 64
MOST_EVENTS = 1_000  # in one delivery

Kind = Literal["alert", "change", "beat"]
Status = Literal["firing", "resolved", "acknowledged", "noted"]


@dataclass(frozen=True)
class Event:
    """One thing that a sender told: an alert mostly. All of it is JSON.

    kind: alert; change, a deploy or a migration, which never wakes anybody; beat, a sign of life of the job `key`.
    status: of an alert. acknowledged and noted speak of one that fires, and make none.
    key: the same key is the same alert. group_key: alerts of one group become one incident; empty means the key.
    severity: the sender's own word. target: a hint; the settings decide.
    once: what the sender calls this very occurrence, so that a late copy of it opens nothing again; None when unknown.
    by: the person on the sender's side who did it, as the sender calls them.
    starts_at: of a change, when it happened.
    number: the alert itself, when its sender names it by our number; then the key is looked up, and nothing fires.
    """

    key: str
    key_reason: str  # which fields made the key, in words
    title: str
    status: Status = "firing"
    text: str = ""
    severity: str | None = None
    target: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    group_key: str = ""
    group_reason: str = ""
    starts_at: str | None = None
    ends_at: str | None = None
    once: str | None = None
    kind: Kind = "alert"
    by: str = ""
    number: int | None = None

    def json(self) -> dict[str, Any]:
        """As kept with the signal."""
        return dict(vars(self))


_FIELDS = frozenset(one.name for one in fields(Event))


def event_of(kept: dict[str, Any]) -> Event:
    """The event that was kept, also when a newer program wrote fields this one does not know."""
    return Event(**{name: value for name, value in kept.items() if name in _FIELDS})


@dataclass(frozen=True)
class Inbound:
    """One delivery as it arrived: from which configured source, the bytes, and what came beside them."""

    source: str
    body: bytes
    settings: SourceSettings
    content_type: str = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    method: str = "POST"
    place: Mapping[str, str] = field(default_factory=dict)  # what stood in the path for the names of its route
    options: Any = None  # the source's own settings, as its Options model
    known: Any = None  # what `before` has found; None when the store was away
    began: float = field(default_factory=time.perf_counter, compare=False)  # for senders who are told how long it took
    uid: UUID = field(default_factory=new_uid, compare=False)  # of the signal that it becomes

    @cached_property
    def document(self) -> Any:
        """The body as plain JSON data; raises Usage."""
        return request_body.read(self.body, self.content_type)


@dataclass(frozen=True)
class Knock:
    """A delivery at a path of its format, before it is known which configured source sent it."""

    body: bytes
    content_type: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    method: str
    place: Mapping[str, str]
    began: float = field(default_factory=time.perf_counter, compare=False)

    @cached_property
    def document(self) -> Any:
        """The body as plain JSON data; raises Usage."""
        return request_body.read(self.body, self.content_type)

    def of(self, source: str, settings: SourceSettings, options: Any) -> Inbound:
        """The same as a delivery of this source; what was read of the body is kept."""
        inbound = Inbound(
            source,
            self.body,
            settings,
            self.content_type,
            self.query,
            self.headers,
            self.method,
            self.place,
            options,
            self.began,
        )
        if "document" in vars(self):
            vars(inbound)["document"] = self.document
        return inbound


@dataclass(frozen=True)
class Answer:
    """What the sender is told: JSON, or plain text, or nothing when body is None."""

    status: int
    body: dict[str, Any] | str | None
    headers: dict[str, str] = field(default_factory=dict)


Kept = int | str  # a signal's number, or its uid while it is in the journal and has no number yet
POST = frozenset({"POST"})


@dataclass(frozen=True)
class Route:
    """A path that senders of a format already know: `/v2/alerts/{identifier}/{action}`.

    A name in braces stands for one part of the path; the last one may be `{rest:path}`, for all that is left.
    """

    path: str
    methods: frozenset[str] = POST


@dataclass(frozen=True)
class Source:
    """One file on the shelf.

    parse: pure; raises Usage, in one line, when the delivery is not of this format.
    check: a proof beside the token, such as a signature over the raw body; raises Unauthenticated.
    signed: with a secret in its settings a source of this format needs no token at /in/NAME, as `check` proves more.
    methods: that /in/NAME takes.
    routes: its paths beside /in/NAME; there a source is known by its token alone.
    presented: the tokens that stand where only senders of this format put them, at a route of theirs; may raise Usage.
    ask: what a GET at a route of it is answered from the store; nothing is kept of it.
    answer: what its senders expect to hear once the signal of this number, or uid, is durable, instead of 202.
    refuse: the same of a refusal with this status; what it leaves out is added. Overload stays 503.
    largest: of a body, in bytes, when the format has a limit of its own.
    options: the model of `[sources.NAME.options]`.
    complete: makes of its options, and of what else stands in the settings about the source of this name, what it works with.
    also_known_by: given that, what stands for its token at a route of it.
    before: what of a delivery only the store knows, asked before it is read; None when nothing is; may raise NotFound.
    setup: how its sender is set up, two or three lines; $URL is ours, $NAME the source, TOKEN stands for the secret.
    read: what is kept of a body, where that is neither JSON nor a form. cuts: one over the limit is cut, not refused.
    """

    format: str
    summary: str
    parse: Callable[[Inbound], list[Event]]
    check: Callable[[Inbound], None] | None = None
    signed: bool = False
    methods: frozenset[str] = POST
    routes: tuple[Route, ...] = ()
    presented: Callable[[Knock], list[str]] | None = None
    ask: Callable[[Connection, Inbound], Answer] | None = None
    answer: Callable[[Inbound, Kept], Answer] | None = None
    refuse: Callable[[FirelineError, int], Answer] | None = None
    largest: int | None = None
    options: type[Model] | None = None
    complete: Callable[[Settings, str, Any], Any] | None = None
    also_known_by: Callable[[Any], list[str]] | None = None
    before: Callable[[Inbound], Callable[[Connection], Any] | None] | None = None
    read: Callable[[Inbound], Any] | None = None
    cuts: bool = False
    setup: tuple[str, ...] = ()

    def options_of(self, name: str, settings: SourceSettings) -> Any:
        """The source's own settings; raises SettingsError that names the key."""
        if self.options is None:
            if settings.options:
                raise SettingsError(f"sources.{name}.options: the format {self.format} has none")
            return None
        try:
            return self.options.model_validate(settings.options)
        except ValidationError as wrong:
            fault = wrong.errors(include_input=False, include_url=False)[0]
            place = ".".join(["options", *(str(part) for part in fault["loc"])])
            said = fault["msg"].removeprefix("Value error, ")
            raise SettingsError(f"sources.{name}.{place}: {said}") from None


def line(value: object, most: int = LONGEST_TITLE) -> str:
    """Any value as one printable line of bounded length."""
    if value is None:
        return ""
    text = as_text(value)[: most * 4]
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    if " " in text:
        text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def prose(value: object) -> str:
    """Any value as text of bounded length, its line breaks kept."""
    text = as_text(value)[:LONGEST_TEXT].replace("\r\n", "\n")
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)
    return text.strip()


def as_text(value: object) -> str:
    """A text as it is, nothing as nothing, and any other JSON value as its JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def key(*parts: str) -> str:
    """The parts as one key that an index can hold: what is too long keeps its beginning and gets a digest."""
    whole = ":".join(parts)
    if len(whole) <= LONGEST_KEY:
        return whole
    return f"{whole[: LONGEST_KEY - 33]}#{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def labels(value: object) -> dict[str, str]:
    """A JSON object as labels: texts by name, of bounded size."""
    if not isinstance(value, dict):
        return {}
    if not value:
        return {}
    given = [(name, item) for name, item in value.items() if item is not None][:MOST_LABELS]
    return {line(name, 200): as_text(item)[:LONGEST_LABEL] for name, item in given}


def part(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The JSON object under this name; an empty one when something else stands there, or nothing."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def moment(value: object) -> str | None:
    """A time as ISO text in UTC; None when it is none, or the zero that stands for not yet."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(str(value))
        return at.astimezone(UTC).isoformat() if at.tzinfo and at.year > 1 else None
    except (ValueError, OverflowError):
        return None


def moment_of_epoch(value: object) -> str | None:
    """Seconds since 1970, a number or its digits, as ISO text in UTC; milliseconds are seen as such; None when it is none."""
    try:
        seconds = float(str(value))
        return datetime.fromtimestamp(seconds / 1_000 if seconds > _MILLISECONDS else seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def moment_said(value: object) -> str | None:
    """A time however senders write it, as ISO text in UTC: seconds since 1970, or ISO, which means UTC when it names no zone."""
    if isinstance(value, bool) or value is None:
        return None
    text = as_text(value).strip()
    if "+" in text[10:]:
        text = text.removesuffix("Z")  # a common slip
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat() if at.year > 1 and len(text) > len("2026-01-01") else None
    except (ValueError, OverflowError):
        return moment_of_epoch(text)


_MILLISECONDS = 1e11  # as seconds this would be the year 5138
