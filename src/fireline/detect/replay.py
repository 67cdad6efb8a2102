"""Signals that were kept, grouped once more under given settings, in memory: what would have opened, and how severe. Pure.

It goes the way of intake without its rows. What people did meanwhile is not known here: an incident is taken to be open
for as long as alerts may join it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fireline.detect.copies import COPY, LATE
from fireline.detect.rules import rule
from fireline.detect.source import Event
from fireline.incident.scheme import Scheme, Severity
from fireline.settings import Settings

REMEMBERED = 100_000  # deliveries, before those that are too old to have copies are forgotten


@dataclass(frozen=True)
class Opened:
    """An alert that would have been opened, and whether its incident would have been too."""

    source: str
    key: str
    title: str
    severity: Severity
    severity_reason: str
    target: str | None
    group: str
    opens: bool
    fault: str | None


@dataclass
class Incident:
    """What alerts of one group would have made, at its worst."""

    opened_at: datetime
    severity: Severity
    target: str | None


@dataclass
class _Alert:
    severity: str | None
    once: str | None
    first_at: datetime
    incident: Incident
    resolved_at: datetime | None = None


@dataclass
class Replay:
    """One pass over the signals, in the order they came."""

    settings: Settings
    scheme: Scheme
    alerts: int = 0
    incidents: list[Incident] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)  # events that make no alert, by what they are
    _known: dict[str, _Alert] = field(default_factory=dict)
    _groups: dict[str, Incident] = field(default_factory=dict)
    _seen: dict[tuple[str, bytes], datetime] = field(default_factory=dict)

    def take(self, source: str, events: Sequence[Event], at: datetime, digest: bytes) -> list[Opened]:
        """The alerts that this signal would have opened."""
        before = self._seen.get((source, digest)) if digest else None
        copy = before is not None and at - before <= COPY
        self._seen[source, digest] = at
        if len(self._seen) > REMEMBERED:
            self._seen = {one: seen for one, seen in self._seen.items() if at - seen <= COPY}
        found = [self._event(source, event, at, copy=copy) for event in events]
        return [one for one in found if one is not None]

    def _event(self, source: str, event: Event, at: datetime, *, copy: bool) -> Opened | None:
        if event.kind != "alert":
            self.heard[event.kind] += 1
            return None
        known = self._known.get(event.key)
        if event.number is not None or event.status in ("acknowledged", "noted"):
            self.heard["remark"] += 1
            return None
        if event.status == "resolved":
            self.heard["resolved"] += 1
            if known is not None and known.resolved_at is None and not (copy and at - known.first_at <= COPY):
                known.resolved_at = at
            return None
        if known is not None and (known.resolved_at is None or self._is_late(event, known, at, copy=copy)):
            self.heard["repeat"] += 1
            self._renew(source, event, known)
            return None
        return self._open(source, event, at)

    @staticmethod
    def _is_late(event: Event, known: _Alert, at: datetime, *, copy: bool) -> bool:
        since = at - (known.resolved_at or at)
        return event.once == known.once and since <= LATE if event.once else copy and since <= COPY

    def _open(self, source: str, event: Event, at: datetime) -> Opened:
        ruling = rule(self.settings, self.scheme, source, event)
        incident = self._groups.get(ruling.group_key)
        opens = incident is None or incident.opened_at <= at - (ruling.window or self.settings.policy.group_window)
        if incident is None or opens:
            incident = Incident(at, ruling.severity, ruling.target)
            self._groups[ruling.group_key] = incident
            self.incidents.append(incident)
        elif ruling.severity.rank < incident.severity.rank:
            incident.severity = ruling.severity
        self._known[event.key] = _Alert(event.severity, event.once, at, incident)
        self.alerts += 1
        return Opened(
            source=source,
            key=event.key,
            title=event.title,
            severity=ruling.severity,
            severity_reason=ruling.severity_reason,
            target=ruling.target,
            group=ruling.group_key,
            opens=opens,
            fault=ruling.fault,
        )

    def _renew(self, source: str, event: Event, known: _Alert) -> None:
        """A firing alert that its sender now calls worse makes its incident worse."""
        if known.resolved_at is not None or event.severity == known.severity:
            return
        known.severity, known.once = event.severity, event.once
        severity = rule(self.settings, self.scheme, source, event).severity
        if severity.rank < known.incident.severity.rank:
            known.incident.severity = severity
