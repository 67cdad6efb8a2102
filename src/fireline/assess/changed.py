"""What the statements do now against what was usual before: the change in load, calls, time and blocks of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fireline.assess import kept
from fireline.assess.checks.statements import Statements, recent
from fireline.assess.past import Counters, Kept, Key, Known, Past
from fireline.assess.predicates import shape
from fireline.assess.snapshot import Snapshot
from fireline.assess.windows import Name, Rates, Window, rates, usual, window, windows

_GONE_CALLS = 10  # that were to be expected in the time in which there was none
_FACTOR, _BLOCKS, _ALIKE, _ROWS = 3.0, 30, 2.0, 2.0
_TIMES, _MS = 2.0, 0.5
_SMALL = 0.001  # part of the load of all: what changes by less is not told


@dataclass(frozen=True)
class Change:
    """One statement, now and before. now: None when it was not called any more; before: None when it was never seen."""

    known: Known
    now: Rates | None
    before: Rates | None
    new: bool = False  # the first look that saw it was taken after it began
    lately: Rates | None = None  # during the look itself, a quarter of a second, where it ended a call in it

    @property
    def text(self) -> str:
        """Its text."""
        return self.known.text

    @property
    def more(self) -> float:
        """How much more load it makes than before, in milliseconds a second; less is negative."""
        return (self.now.load if self.now else 0.0) - (self.before.load if self.before else 0.0)

    @property
    def times(self) -> float | None:
        """How many times longer one call takes."""
        if self.now is None or self.before is None or self.before.mean_ms <= 0:
            return None
        return self.now.mean_ms / self.before.mean_ms

    @property
    def tells_rows(self) -> bool:
        """Whether the rows it gives tell how much it was asked for: not where it sums up or stops at a limit."""
        made = shape(self.text)
        return made.kind != "other" and not (made.aggregates or made.grouped or made.limited)

    @property
    def alike(self) -> bool:
        """Whether one call gives about as many rows as before."""
        if self.now is None or self.before is None:
            return False
        one, other = self.now.rows, self.before.rows
        return abs(one - other) <= _ROWS or max(one, other) <= _ALIKE * min(one, other)

    def heavier(self, factor: float = _FACTOR, least: float = _BLOCKS) -> bool:
        """Whether a call looks at many times more blocks, or goes through the disk, for as many rows: another plan."""
        now, before = self.now, self.before
        if now is None or before is None or not self.alike:
            return False
        blocks = now.blocks >= least and now.blocks >= factor * max(before.blocks, before.high_blocks, 1.0)
        spills = now.temp >= least and now.temp >= factor * max(before.temp, 1.0)
        return blocks or spills

    def slower(self, factor: float = _TIMES) -> bool:
        """Whether a call takes much longer."""
        now, before = self.now, self.before
        if now is None or before is None:
            return False
        return now.mean_ms >= factor * max(before.mean_ms, before.high_ms) and now.mean_ms - before.mean_ms >= _MS

    @property
    def state(self) -> str:
        """What became of it, in a word or two; empty when nothing much did."""
        if self.now is None:
            return "gone"
        if self.before is None:
            return "new" if self.new else "not called before"
        if self.heavier():
            return "heavier for as many rows"
        if self.slower():
            return "slower"
        if self.before.mean_ms - self.now.mean_ms >= _MS and self.now.mean_ms * _TIMES <= self.before.mean_ms:
            return "faster"
        if self.now.calls >= _TIMES * self.before.calls:
            return "called more"
        return "called less" if self.now.calls * _TIMES <= self.before.calls else ""

    @property
    def words(self) -> str:
        """The same with how much."""
        state, now, before = self.state, self.now, self.before
        if now is None or before is None:
            return state
        spills = now.temp > _FACTOR * max(before.temp, 1.0)
        made = {
            "heavier for as many rows": "through the disk for as many rows" if spills and now.blocks <= _FACTOR * before.blocks
            else f"{_ratio(now.blocks, before.blocks)}× the blocks for as many rows",
            "slower": f"{_ratio(now.mean_ms, before.mean_ms)}× slower",
            "faster": f"{_ratio(before.mean_ms, now.mean_ms)}× faster",
            "called more": f"called {_ratio(now.calls, before.calls)}× as often",
            "called less": f"called {_ratio(before.calls, now.calls)}× less often",
        }  # fmt: skip
        return made.get(state, state)


def _ratio(one: float, other: float) -> str:
    times = one / max(other, 0.001)
    return f"{times:,.0f}" if times >= 10 else f"{times:.1f}"  # noqa: PLR2004


@dataclass(frozen=True)
class Changes:
    """All of them, what changed most in load first. latest: the time that counts as now; seconds: how long it was."""

    began: datetime
    before: tuple[datetime, datetime]
    windows: int
    latest: Window
    changes: tuple[Change, ...]
    evicted: bool = False  # the server forgot statements meanwhile, so that one that is missing may still be called

    @property
    def load(self) -> float:
        """Of all statements now, in milliseconds a second."""
        return sum(one.total_ms for one in self.latest.did.values()) / self.latest.seconds


def changes(snapshot: Snapshot) -> Changes | None:
    """What changed; None when there is nothing to compare with, which the check `past` has told, or nothing can be."""
    past = snapshot.last("past", Past)
    return _compared(_Question(snapshot, past)) if past is not None else None


class _Question:
    """Compared by what is asked, so that each look is compared once whoever asks."""

    def __init__(self, snapshot: Snapshot, past: Past) -> None:
        self.snapshot, self.past = snapshot, past
        self._mark = (snapshot.target, snapshot.taken_at, id(past), id(snapshot.readings.get("statements")))

    def __hash__(self) -> int:
        return hash(self._mark)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and other._mark == self._mark


@lru_cache(maxsize=2)
def _compared(question: _Question) -> Changes | None:
    past, now = question.past, kept.counted(question.snapshot)
    known = _known(question.snapshot, past)
    seen = windows(past.before, known)
    latest = _latest(past.looks, now, known) if now else None
    if not seen or latest is None or now is None:
        return None
    evicted = past.looks[-1].evicted != now.evicted
    load = sum(one.total_ms for one in latest.did.values()) / latest.seconds
    found = [
        one
        for one in _all(question.snapshot, past, known, seen, latest)
        if abs(one.more) >= _SMALL * load and (one.now or one.known.name in latest.did or not evicted)
    ]
    found.sort(key=lambda one: -abs(one.more))
    return Changes(past.began, (seen[0].start, seen[-1].end), len(seen), latest, tuple(found), evicted)


def _all(
    snapshot: Snapshot, past: Past, known: Mapping[Key, Known], seen: tuple[Window, ...], latest: Window
) -> Iterator[Change]:
    lately = _lately(snapshot)
    first: dict[Name, datetime] = {}
    for one in past.known.values():
        if one.first_at is not None:
            first[one.name] = min(one.first_at, first.get(one.name, one.first_at))
    for name, one in {one.name: one for one in known.values()}.items():
        did, before = latest.did.get(name), usual(name, seen)
        if did is not None and did.calls:
            new = before is None and (first[name] > past.began if name in first else name in latest.fresh)
            yield Change(one, rates(did, latest.seconds), before, new, lately.get(name))
        elif before is not None and name not in lately and before.calls * latest.seconds >= _GONE_CALLS:
            yield Change(one, None, before)


def _known(snapshot: Snapshot, past: Past) -> dict[Key, Known]:
    """Every statement of either side. The last of a name tells its text: as it is now, of the number that costs most."""
    found = dict(past.known)
    seen = snapshot.last("statements", Statements)
    for one in reversed(seen.statements if seen else ()):
        if one.text:
            found.pop(kept.key_of(one), None)
            found[kept.key_of(one)] = kept.known(one)
    return found


def _latest(looks: Iterable[Kept], now: Kept, known: Mapping[Key, Known]) -> Window | None:
    """The time since the newest look that was not a moment ago."""
    for one in reversed(list(looks)):
        found = window(one, now, known)
        if found is not None:
            return found
    return None


def _lately(snapshot: Snapshot) -> dict[Name, Rates]:
    """What ended during the look itself."""
    seen = snapshot.all("statements", Statements)
    seconds = max((seen[-1].at - seen[0].at).total_seconds(), 0.001)
    found: dict[Name, Counters] = {}
    for one in recent(seen):
        found[kept.known(one).name] = kept.counters(one)
    return {name: rates(one, seconds) for name, one in found.items()}
