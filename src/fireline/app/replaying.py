"""What other settings would have made of the signals that came in: counts first, then where the two differ. Nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from fireline.app.context import Context, targets
from fireline.detect import rules
from fireline.detect.replay import Opened, Replay
from fireline.detect.rereading import EACH, Rereading, signals, span
from fireline.incident.scheme import Scheme
from fireline.oncall.who import who_is_told
from fireline.run.scheme import scheme_of
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Connection

MOST = 100_000  # alerts whose differences are remembered; beyond that they are counted

Progress = Callable[[int, int], None]  # done, of all


@dataclass
class _Difference:
    """One alert key that would have gone another way, at its first occurrence."""

    source: str
    key: str
    title: str
    was: dict[str, Any] | None
    now: dict[str, Any] | None
    times: int = 1

    def json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class _Comparison:
    """Where the two sides parted so far."""

    old: Settings
    new: Settings
    found: dict[tuple[str, str], _Difference] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0

    def compare(self, was: list[Opened], now: list[Opened]) -> None:
        """Compare what one signal would have opened on either side."""
        before = {one_opened.key: one_opened for one_opened in was}
        after = {one_opened.key: one_opened for one_opened in now}
        for key in dict.fromkeys([*before, *after]):
            self._one(before.get(key), after.get(key))

    def _one(self, was: Opened | None, now: Opened | None) -> None:
        sides = (_shown(self.old, was), _shown(self.new, now))
        if sides[0] == sides[1]:
            return
        opened = was or now
        assert opened is not None
        self.kinds.update(_parted(*sides))
        known = self.found.get((opened.source, opened.key))
        if known is not None:
            known.times += 1
        elif len(self.found) < MOST:
            self.found[opened.source, opened.key] = _Difference(opened.source, opened.key, opened.title, *sides)
        else:
            self.forgotten += 1

    def worst(self, limit: int) -> list[dict[str, Any]]:
        """The first that matter: who is told differs, then the severity, then the rest; the frequent before the rare."""
        ranked = sorted(self.found.values(), key=lambda one_found: (_weight(one_found), -one_found.times))
        return [one_found.json() for one_found in ranked[:limit]]


_ORDER = ("told", "alert", "severity", "target", "incident", "group")


def _parted(was: dict[str, Any] | None, now: dict[str, Any] | None) -> list[str]:
    """In what they differ."""
    if was is None or now is None:
        return ["alert"]
    return [name for name in ("told", "severity", "target", "incident", "group") if was[name] != now[name]]


def _weight(found: _Difference) -> int:
    return min(_ORDER.index(name) for name in _parted(found.was, found.now))


def _shown(settings: Settings, opened: Opened | None) -> dict[str, Any] | None:
    if opened is None:
        return None
    return {
        "severity": opened.severity.id,
        "target": opened.target,
        "group": opened.group,
        "incident": "opens" if opened.opens else "joins",
        "told": _told(settings, opened.severity.rank) if opened.opens else [],
        "fault": opened.fault,
    }


def _told(settings: Settings, rank: int) -> list[str]:
    return [place.contact for place in who_is_told(settings.contacts, rank) if place.told]


def replay(
    context: Context,
    conn: Connection,
    *,
    since: datetime,
    new: Settings | None = None,
    source: str | None = None,
    limit: int = 50,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Run the signals since a moment through grouping, with the settings in use and with the new ones.

    Raises SettingsError for new settings that could not be run with.
    """
    other = new or context.settings
    rules.check(other)
    reading = Rereading(context.settings, other)
    was = _side(context.world, context.settings)
    now = _side(_world(context, other), other, was.scheme if _same_words(context.settings, other) else None)
    comparison = _Comparison(context.settings, other)
    came, kept = span(conn, since, source)
    for number, signal in enumerate(signals(conn, since, source, reading.changed), 1):
        old_events, new_events = reading.events(signal)
        name, at, digest = signal["source"], signal["received_at"], bytes(signal["digest"])
        opened = was.take(name, old_events, at, digest)
        comparison.compare(opened, now.take(name, new_events, at, digest) if new else opened)
        if number % EACH == 0:
            progress(number, came["signals"])
    shown = comparison.worst(limit)
    return {
        "since": since,
        "source": source,
        **came,
        "compared": new is not None,
        "kept": kept,
        "was": _counts(was),
        "now": _counts(now) if new else None,
        "kinds": dict(comparison.kinds),
        "differences": shown,
        "more": len(comparison.found) - len(shown) + comparison.forgotten,
        "notes": _notes(reading, was),
    }


def _world(context: Context, settings: Settings) -> World:
    return context.world if settings is context.settings else World(settings, context.store, targets(settings))


def _side(world: World, settings: Settings, like: Scheme | None = None) -> Replay:
    """One side; `like` is the other one's scheme when the runbook is the same, whose words are then read once for both."""
    scheme = scheme_of(world)
    suggest = like.suggest if like else scheme.suggest and lru_cache(maxsize=MOST)(scheme.suggest)
    return Replay(settings, replace(scheme, suggest=suggest))


def _same_words(old: Settings, new: Settings) -> bool:
    files = [[settings.path(file).resolve() for file in settings.runbook.files] for settings in (old, new)]
    return files[0] == files[1]


def _counts(side: Replay) -> dict[str, Any]:
    incidents = side.incidents
    told: Counter[str] = Counter()
    for rank, number in Counter(found.severity.rank for found in incidents).items():
        for contact in _told(side.settings, rank):
            told[contact] += number
    return {
        "alerts": side.alerts,
        "incidents": len(incidents),
        "severities": dict(sorted(Counter(found.severity.id for found in incidents).items())),
        "targets": dict(Counter(found.target or "none" for found in incidents).most_common()),
        "told": dict(told.most_common()),
        "other": dict(side.heard),
    }


def _notes(reading: Rereading, side: Replay) -> list[str]:
    counted = reading.counted
    notes = [
        "incidents are taken to be open as long as alerts may join them; what people did meanwhile is not replayed"
    ]
    if reading.changed:
        notes.append(
            f"{counted['reread']} signals of {', '.join(reading.changed)} were read again, from bodies without secrets"
        )
    if counted["kept"]:
        notes.append(
            f"{counted['kept']} could not be read again, as headers and paths are not kept: their events stand"
        )
    if counted["refused"]:
        notes.append(f"{counted['refused']} would be refused at the door under the new settings")
    if counted["unreadable"]:
        notes.append(f"{counted['unreadable']} could not be read and are left out")
    if side.heard["beat"]:
        notes.append("signs of life are left out: whether a job was late is not replayed")
    return notes
