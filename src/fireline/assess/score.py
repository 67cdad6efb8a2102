"""How healthy a target is, in one number that can be explained: 0 to 100, the worst of five dimensions. Pure.

Each dimension starts at 100. What is wrong takes its share of what is left, so that the points lost add up exactly and a
further fault never raises the score: a critical cause takes 80 %, a high one 50 %, a medium one 20 %, a low one 5 %. So
with an active critical cause its dimension is at most 20, with a high one 50, with a medium one 80.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import prod
from typing import Any

from fireline.assess.ramp import Ramp, Symptom
from fireline.assess.snapshot import Snapshot
from fireline.assess.symptoms import RAMPS
from fireline.assess.verdict import Cause, Verdict

OF_FAMILY = {
    "connections": "availability",
    "locks": "availability",
    "configuration": "availability",
    "queries": "performance",
    "integrity": "integrity",
    "security": "security",
    "storage": "headroom",
}
DIMENSIONS = ("availability", "performance", "integrity", "security", "headroom")
TAKES = {"critical": 800, "high": 500, "medium": 200, "low": 50}  # thousandths of what is left
HEALTHY, WARNING = 90, 50  # the least score of each status; below is critical
ENOUGH = 0.5  # of coverage, to be called healthy
_WHOLE, _FULL = 1000, 100


@dataclass(frozen=True)
class Deduction:
    """What is lost, why, and the cause that it goes back to, if one is named."""

    points: int
    because: str
    cause: str | None


@dataclass(frozen=True)
class Side:
    """One dimension. score: None when nothing of it could be judged, which is never green."""

    score: int | None
    deductions: tuple[Deduction, ...]
    coverage: float


@dataclass(frozen=True)
class First:
    """What to mend first: the one whose end raises the score most (its dimension's, where another is as low)."""

    because: str
    cause: str | None
    raises: int
    to: int


@dataclass(frozen=True)
class Score:
    """The worst dimension's score with all that made it, and the share of what could be judged."""

    score: int | None
    status: str  # healthy, warning, critical, unknown
    dimensions: dict[str, Side]
    coverage: float
    first: First | None

    def json(self) -> dict[str, Any]:
        """As `health --json` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class _Share:
    """What one thing leaves of a dimension. key: a root and its symptoms have one, and go away together."""

    key: int
    dimension: str
    leaves: Fraction
    because: str
    cause: str | None


def score(
    snapshot: Snapshot, verdicts: Sequence[Verdict], known: Iterable[Cause], ramps: Sequence[Ramp] = RAMPS
) -> Score:
    """The score of one look: the causes that are named, and what the readings show besides."""
    causes = list(known)
    shown = [symptom for ramp in ramps for symptom in ramp.symptoms(snapshot)]
    asked = [(OF_FAMILY[cause.family], cause.needs) for cause in causes]
    asked += [(ramp.dimension, ramp.needs) for ramp in ramps]
    judged = [(dimension, could_judge(snapshot, needs)) for dimension, needs in asked]
    return _scored(_shares(verdicts, shown, {cause.label: cause.family for cause in causes}), judged)


def could_judge(snapshot: Snapshot, needs: Collection[str]) -> bool:
    """Whether every check that is needed was read; one that follows up was not, when nothing asked for it."""
    return all(
        need not in snapshot.unknown and (need in snapshot.readings or snapshot.server is not None) for need in needs
    )


def _shares(verdicts: Sequence[Verdict], shown: Sequence[Symptom], family: Mapping[str, str]) -> list[_Share]:
    """Each root with its symptoms, which do not count twice: in the root's own dimension the greater loss counts."""
    found = []
    symptoms: dict[int, list[Symptom]] = {}
    for number, symptom in enumerate(shown):
        key = _root(symptom, verdicts, family)
        symptoms.setdefault(len(verdicts) + number if key is None else key, []).append(symptom)
    for key, verdict in enumerate(verdicts):
        home = OF_FAMILY[family[verdict.cause]]
        own = [one for one in symptoms.get(key, []) if one.dimension == home]
        leaves = min(_left(TAKES[verdict.severity]), prod((_left(one.takes) for one in own), start=Fraction(1)))
        found.append(_Share(key, home, leaves, verdict.title, verdict.cause))
        symptoms[key] = [one for one in symptoms.get(key, []) if one.dimension != home]
    for key, others in symptoms.items():
        cause = verdicts[key].cause if key < len(verdicts) else None
        found += [_Share(key, one.dimension, _left(one.takes), one.because, cause) for one in others]
    return found


def _root(symptom: Symptom, verdicts: Sequence[Verdict], family: Mapping[str, str]) -> int | None:
    """The verdict that explains a symptom: by its label or its family, one of the symptom's own dimension before others."""
    explaining = [n for n, one in enumerate(verdicts) if {one.cause, family[one.cause]} & set(symptom.of)]
    at_home = [n for n in explaining if OF_FAMILY[family[verdicts[n].cause]] == symptom.dimension]
    return next(iter([*at_home, *explaining]), None)


def _left(takes: int) -> Fraction:
    return Fraction(_WHOLE - takes, _WHOLE)


def _scored(shares: Sequence[_Share], judged: Sequence[tuple[str, bool]]) -> Score:
    sides = {}
    for dimension in DIMENSIONS:
        own = [share for share in shares if share.dimension == dimension]
        coverage = _portion([answer for place, answer in judged if place == dimension])
        points = _points(own)
        left = _FULL - sum(one.points for one in points) if coverage or own else None
        sides[dimension] = Side(left, points, coverage)
    whole = _worst(sides)
    coverage = _portion([answer for _, answer in judged])
    return Score(whole, _status(whole, coverage), sides, coverage, _first(shares, sides))


def _portion(answers: Sequence[bool]) -> float:
    return round(sum(answers) / len(answers), 2) if answers else 0.0


def _worst(sides: Mapping[str, Side]) -> int | None:
    return min((side.score for side in sides.values() if side.score is not None), default=None)


def _status(whole: int | None, coverage: float) -> str:
    if whole is None or (whole >= HEALTHY and coverage < ENOUGH):
        return "unknown"
    return "healthy" if whole >= HEALTHY else "warning" if whole >= WARNING else "critical"


def _points(shares: Iterable[_Share]) -> tuple[Deduction, ...]:
    """The points that each takes of what those before it left, the greatest first; whole ones, and they add up."""
    left, exact = _FULL, Fraction(_FULL)
    found = []
    for share in sorted(shares, key=lambda one: (one.leaves, one.key)):
        exact *= share.leaves
        before, left = left, int(exact)
        if before > left or share.cause:
            found.append(Deduction(before - left, share.because, share.cause))
    return tuple(found)


def _first(shares: Sequence[_Share], sides: Mapping[str, Side]) -> First | None:
    """The root or the symptom without which the score would be highest."""
    best: tuple[tuple[int, int], First] | None = None
    now = _worst(sides)
    for key in dict.fromkeys(share.key for share in shares):
        without = {
            dimension: _FULL
            - sum(one.points for one in _points(s for s in shares if s.dimension == dimension and s.key != key))
            for dimension, side in sides.items()
            if side.score is not None
        }
        gain = sum(left - (sides[dimension].score or 0) for dimension, left in without.items())
        to = min(without.values())
        share = next(one for one in shares if one.key == key)
        found = First(share.because, share.cause, to - (now or 0), to)
        if gain and (best is None or (found.raises, gain) > best[0]):
            best = ((found.raises, gain), found)
    return best[1] if best else None
