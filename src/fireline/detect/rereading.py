"""Reads kept signals again where their source is set up in another way now; their bodies were kept without secrets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow

from fireline.detect import body as request_body
from fireline.detect.door import parsers
from fireline.detect.source import Event, Inbound, Source, event_of
from fireline.errors import FirelineError
from fireline.settings import Settings
from fireline.store.connect import Connection, one, queries

Q = queries("fireline.detect")


EACH = 2_000  # signals that are fetched at once


def span(conn: Connection, since: datetime, source: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """How many signals there are since a moment, from when to when; and what really came of them."""
    asked = {"since": since, "source": source}
    return dict(one(conn, Q["signals_to_replay"], **asked) or {}), dict(one(conn, Q["kept_since"], **asked) or {})


def signals(conn: Connection, since: datetime, source: str | None, reread: Sequence[str]) -> Iterator[DictRow]:
    """Them in the order they came, a few at a time; with the bodies of those sources that are to be read again."""
    with conn.cursor("replay") as rows:
        rows.itersize = EACH
        rows.execute(Q["signals_replayed"], {"since": since, "source": source, "reread": list(reread)})
        yield from rows


class Rereading:
    """The events of a signal under the settings it is tried with.

    A body is read again only where format or options differ, and only when reading it under the old settings gives what
    was kept: headers, paths and secrets are not kept, and what needs them can not be read again. Its events stand then.
    """

    def __init__(self, old: Settings, new: Settings) -> None:
        self._old, self._new = old, new
        self._formats = (parsers(old), parsers(new))
        both = old.sources.keys() & new.sources.keys()
        self.changed = sorted(name for name in both if _set_up(old, name) != _set_up(new, name))
        self.gone = old.sources.keys() - new.sources.keys()
        self._options: dict[tuple[int, str], Any] = {}
        self.counted: Counter[str] = Counter()  # reread, kept, refused, unreadable

    def events(self, signal: DictRow) -> tuple[list[Event], list[Event]]:
        """Under the old settings, which are those that were kept, and under the new ones."""
        try:
            kept = [event_of(one) for one in signal["events"]]
        except (TypeError, AttributeError, ValueError):
            self.counted["unreadable"] += 1
            return [], []
        if signal["source"] in self.gone:
            self.counted["refused"] += 1
            return kept, []
        if signal["source"] not in self.changed:
            return kept, kept
        return kept, self._again(signal, kept)

    def _again(self, signal: DictRow, kept: list[Event]) -> list[Event]:
        try:
            before = self._parse(0, signal)
        except FirelineError:
            before = None
        if before != signal["events"]:
            self.counted["kept"] += 1
            return kept
        try:
            found = self._parse(1, signal)
        except FirelineError:
            self.counted["refused"] += 1
            return []
        self.counted["reread"] += 1
        return [event_of(one) for one in found]

    def _parse(self, side: int, signal: DictRow) -> list[dict[str, Any]]:
        """On one side: 0 is the old one, 1 the new one."""
        name = signal["source"]
        own = (self._old, self._new)[side].sources[name]
        source = self._formats[side][own.format]
        inbound = Inbound(name, json.dumps(signal["body"]).encode(), own, options=self._options_of(side, name, source))
        try:
            events = source.parse(inbound)
        except FirelineError:
            raise
        except Exception as broken:  # noqa: BLE001 - it needed what was not kept
            raise FirelineError(f"{type(broken).__name__}") from None
        found: list[dict[str, Any]] = json.loads(request_body.redacted([event.json() for event in events]))
        return found

    def _options_of(self, side: int, name: str, source: Source) -> Any:
        if (side, name) not in self._options:
            settings = (self._old, self._new)[side]
            options = source.options_of(name, settings.sources[name])
            self._options[side, name] = source.complete(settings, name, options) if source.complete else options
        return self._options[side, name]


def _set_up(settings: Settings, name: str) -> tuple[str, dict[str, Any]]:
    own = settings.sources[name]
    return own.format, own.options
