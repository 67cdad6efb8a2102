"""What statements did between looks, from counters that only grow until they begin anew; and what is usual. Pure.

A counter that went down, or that was reset in between, began anew: what it shows now was done since. What can not be told
(another server, a statement that was not kept before and may be old) is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from fireline.assess.past import Counters, Kept, Key, Known

Name = tuple[str, str | None, bool, str]
SHORTEST = 10.0  # seconds between two looks, to say anything of the time between
_HARDLY = 0.1  # of what it has taken in all: what it can have taken before it was kept
_ZERO = Counters()
_UPPER = 0.75


@dataclass(frozen=True)
class Window:
    """What was done between two looks."""

    start: datetime
    end: datetime
    did: Mapping[Name, Counters]
    fresh: frozenset[Name] = frozenset()  # whose counters began in this time

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end - self.start).total_seconds()


def window(before: Kept, after: Kept, known: Mapping[Key, Known]) -> Window | None:
    """What was done between two looks at one server; None when their counters can not be compared."""
    if (after.at - before.at).total_seconds() < SHORTEST or not comparable(before, after):
        return None
    did: dict[Name, Counters] = {}
    fresh: set[Name] = set()
    for key, now in after.counters.items():
        one, base = known.get(key), _base(before, after, key, now)
        if one is None or base is None:
            continue
        done, name = now if base is _ZERO else _difference(base, now), one.name
        did[name] = _sum(did[name], done) if name in did else done
        if base is _ZERO:
            fresh.add(name)
    return Window(before.at, after.at, did, frozenset(fresh))


def comparable(before: Kept, after: Kept) -> bool:
    """Whether two looks looked at the same counters, or at such as began in between."""
    if before.major != after.major:
        return False
    if (
        before.reset_at is None or after.reset_at is None
    ):  # before 14 only a server that was not restarted is surely the same
        return before.started == after.started
    return before.reset_at == after.reset_at or after.reset_at >= before.seen_at


def _base(before: Kept, after: Kept, key: Key, now: Counters) -> Counters | None:
    """The counters that what is there now is counted from; None when nobody knows."""
    then = before.counters.get(key)
    began = after.reset_at is not None and before.reset_at is not None and after.reset_at >= before.seen_at
    if began or (now.since is not None and now.since >= before.seen_at.timestamp()):
        return _ZERO
    if then is None:
        small = before.least_ms <= _HARDLY * now.total_ms
        return _ZERO if before.whole or small else None
    return _ZERO if _went_down(then, now) else then


def _went_down(then: Counters, now: Counters) -> bool:
    return (
        now.calls < then.calls
        or now.total_ms < then.total_ms
        or now.rows < then.rows
        or now.hit < then.hit
        or now.read < then.read
        or now.temp < then.temp
        or now.jit_ms < then.jit_ms
        or now.wal_bytes < then.wal_bytes
    )


def _difference(then: Counters, now: Counters) -> Counters:
    return Counters(
        now.calls - then.calls,
        now.total_ms - then.total_ms,
        now.rows - then.rows,
        now.hit - then.hit,
        now.read - then.read,
        now.temp - then.temp,
        now.jit_ms - then.jit_ms,
        now.wal_bytes - then.wal_bytes,
    )


def _sum(one: Counters, other: Counters) -> Counters:
    return Counters(
        one.calls + other.calls,
        one.total_ms + other.total_ms,
        one.rows + other.rows,
        one.hit + other.hit,
        one.read + other.read,
        one.temp + other.temp,
        one.jit_ms + other.jit_ms,
        one.wal_bytes + other.wal_bytes,
    )


def windows(looks: Iterable[Kept], known: Mapping[Key, Known]) -> tuple[Window, ...]:
    """The time between looks, one after the other; where they can not be compared there is a gap."""
    apart: list[Kept] = []
    for one in looks:
        if not apart or (one.at - apart[-1].at).total_seconds() >= SHORTEST:
            apart.append(one)
    return tuple(found for before, after in pairwise(apart) if (found := window(before, after, known)))


@dataclass(frozen=True)
class Rates:
    """What a statement does: how often, how much of it, and what one call costs. of_calls: how many calls tell."""

    calls: float  # a second
    load: float  # milliseconds of work a second: 1000 is one session that does nothing else
    mean_ms: float
    blocks: float
    rows: float
    temp: float
    jit_ms: float
    of_calls: int
    high_ms: float = 0.0  # a high value among the windows
    high_blocks: float = 0.0


def rates(one: Counters, seconds: float) -> Rates:
    """Of one window."""
    calls = max(one.calls, 1)
    return Rates(
        calls=one.calls / seconds,
        load=one.total_ms / seconds,
        mean_ms=one.total_ms / calls,
        blocks=one.blocks / calls,
        rows=one.rows / calls,
        temp=one.temp / calls,
        jit_ms=one.jit_ms / calls,
        of_calls=one.calls,
    )


def usual(name: Name, seen: Iterable[Window]) -> Rates | None:
    """What is usual of a statement: the middle of the windows, so that a few odd ones do not count; None without a call.

    How often it is called is told by all windows, what a call costs by those that had one.
    """
    every = [rates(one.did.get(name, _ZERO), one.seconds) for one in seen]
    busy = [one for one in every if one.of_calls]
    if not busy:
        return None
    return Rates(
        calls=_middle([one.calls for one in every]),
        load=_middle([one.load for one in every]),
        mean_ms=median(one.mean_ms for one in busy),
        blocks=median(one.blocks for one in busy),
        rows=median(one.rows for one in busy),
        temp=median(one.temp for one in busy),
        jit_ms=median(one.jit_ms for one in busy),
        of_calls=sum(one.of_calls for one in busy),
        high_ms=_high([one.mean_ms for one in busy]),
        high_blocks=_high([one.blocks for one in busy]),
    )


def _middle(values: list[float]) -> float:
    """The median; of what comes only now and then, the mean."""
    return median(values) or sum(values) / len(values)


def _high(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(int(_UPPER * len(ordered)), len(ordered) - 1)]
