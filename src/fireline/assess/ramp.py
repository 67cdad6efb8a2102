"""What is seen by degrees: a ramp takes nothing up to a published level, and its whole weight from another on. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fireline.assess.snapshot import Snapshot


@dataclass(frozen=True)
class Symptom:
    """What is seen to be less than well. takes: thousandths. of: labels and families of causes that explain it."""

    dimension: str
    takes: int
    because: str
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ramp:
    """One thing that is seen by degrees. needs: the checks without which it is not known."""

    name: str
    dimension: str
    needs: tuple[str, ...]
    symptoms: Callable[[Snapshot], tuple[Symptom, ...]]


def ramp(value: float, well: float, bad: float) -> float:
    """Where a value lies between well (0) and bad (1)."""
    return min(max((value - well) / (bad - well), 0.0), 1.0)


def taken(dimension: str, weight: int, degree: float, because: str, *of: str) -> tuple[Symptom, ...]:
    """The symptom that takes this degree of a weight; none when that is nothing."""
    takes = round(weight * degree)
    return (Symptom(dimension, takes, because, of),) if takes else ()
