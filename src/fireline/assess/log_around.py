"""What a log says around the moment when an incident began: each kind of error with its number before and since. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.assess.checks.log import BEFORE, Entry, Log
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import span

GRAVE = ("PANIC", "FATAL", "ERROR", "WARNING")
MOST = 5
_BARS, _SHADES = 24, "▁▂▃▄▅▆▇█"
_NOTHING = "·"


@dataclass(frozen=True)
class Kind:
    """One kind of message. before: None when the log was not read that far back."""

    severity: str
    code: str
    message: str
    before: int | None
    since: int

    @property
    def rise(self) -> float:
        """How many more there are since than before."""
        return self.since - (self.before or 0)


@dataclass(frozen=True)
class Around:
    """The kinds that a log has around a moment, those that rose most first."""

    source: str
    start: datetime
    counted_from: datetime
    until: datetime
    kinds: tuple[Kind, ...]

    @property
    def lead(self) -> str:
        """The time before, in words."""
        return span(max((self.start - self.counted_from).total_seconds(), 0))

    def words(self, kind: Kind) -> str:
        """`12 in the 15 min before, 340 since`."""
        if kind.before is None:
            return f"{kind.since:,} since; before was not read"
        return f"{kind.before:,} in the {self.lead} before, {kind.since:,} since"

    def json(self, most: int = MOST) -> dict[str, Any]:
        """As kept with a finding; only what there are some of since."""
        return {
            "source": self.source,
            "start": self.start,
            "until": self.until,
            "kinds": [
                {
                    "severity": one.severity,
                    "code": one.code or None,
                    "message": one.message,
                    "before": one.before,
                    "since": one.since,
                    "text": f"{one.severity}: {one.message}: {self.words(one)}",
                }
                for one in self.kinds[:most]
                if one.since
            ],
        }


def around(log: Log, start: datetime, until: datetime, severities: Sequence[str] = GRAVE) -> Around:
    """The kinds of these severities before and since the start."""
    begin = log.counted_from or log.since
    read_before = begin < start
    kinds = [
        Kind(
            one.severity,
            one.code,
            one.message.splitlines()[0] if one.message else one.shape,
            sum(at < start for at in one.times) if read_before else None,
            sum(at >= start for at in one.times),
        )
        for one in log.counted
        if one.severity in severities and one.times
    ]
    kinds.sort(key=lambda one: (-one.rise, severities.index(one.severity), one.message))
    return Around(log.source, start, max(begin, start - BEFORE), until, tuple(kinds))


def seen_around(snapshot: Snapshot) -> dict[str, Any] | None:
    """The same of a look that was asked about a start, as kept with a finding; None when the log tells nothing of it."""
    log, start = snapshot.last("log", Log), snapshot.asked.start
    if log is None or start is None:
        return None
    told = around(log, start, snapshot.taken_at).json()
    return told if told["kinds"] else None


def drawn(one: Entry, begin: datetime, end: datetime) -> str:
    """When its messages came, as a row of bars over the time that was read; a dot is none."""
    length = max((end - begin) / timedelta(seconds=1), 1.0)
    bars = [0] * _BARS
    for at in one.times:
        bars[min(max(int((at - begin).total_seconds() / length * _BARS), 0), _BARS - 1)] += 1
    most = max(bars)
    return "".join(_SHADES[(count * len(_SHADES) - 1) // most] if count else _NOTHING for count in bars)
