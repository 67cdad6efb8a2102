"""The contract of a source: one format that alerts arrive in, read by a pure function. The shelf is `sources/`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from fireline.detect import body as request_body
from fireline.settings import SourceSettings

LONGEST_TITLE = 300
LONGEST_TEXT = 20_000
LONGEST_KEY = 300
LONGEST_LABEL = 1_000
MOST_LABELS = 64
MOST_EVENTS = 1_000  # in one delivery

Status = Literal["firing", "resolved"]


@dataclass(frozen=True)
class Event:
    """One alert as a sender told it: firing or resolved. All of it is JSON.

    key: the same key is the same alert. group_key: alerts of one group become one incident; empty means the key.
    severity: the sender's own word. target: a hint; the settings decide.
    once: what the sender calls this very occurrence, so that a late copy of it opens nothing again; None when unknown.
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

    @cached_property
    def document(self) -> Any:
        """The body as plain JSON data; raises Usage."""
        return request_body.read(self.body, self.content_type)


@dataclass(frozen=True)
class Source:
    """One file on the shelf.

    parse: pure; raises Usage, in one line, when the delivery is not of this format.
    check: a proof beside the token, such as a signature over the raw body; raises Unauthenticated.
    """

    format: str
    summary: str
    parse: Callable[[Inbound], list[Event]]
    check: Callable[[Inbound], None] | None = None


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


def moment(value: object) -> str | None:
    """A time as ISO text in UTC; None when it is none, or the zero that stands for not yet."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(str(value))
        return at.astimezone(UTC).isoformat() if at.tzinfo and at.year > 1 else None
    except (ValueError, OverflowError):
        return None
