"""What upkeep consists of: things to do, things left out and why, and things only said; and how numbers are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["analyze", "vacuum", "freeze", "reindex", "drop", "validate", "sequence"]

ORDER: tuple[Kind, ...] = (
    "analyze",
    "drop",
    "sequence",
    "vacuum",
    "freeze",
    "reindex",
    "validate",
)  # quick and harmless first

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEP = 1024
_WHOLE = 10


@dataclass(frozen=True)
class Item:
    """One statement that would be carried out, with what speaks for it.

    object: the qualified, quoted name of what it is about; oid: which one bore that name when it was planned.
    need, free: bytes of disk; free is None where nobody can see how much there is. before: numbers at planning.
    """

    kind: Kind
    object: str
    oid: int
    table: str
    table_oid: int
    what: str
    why: str
    gain: str
    lock: str
    statement: str
    planned_at: str
    need: int = 0
    free: int | None = None
    folder: str | None = None
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def disk(self) -> str:
        """What it needs of the disk, and what there is."""
        if not self.need:
            return "none to speak of"
        there = "how much is free is not known" if self.free is None else f"{size(self.free)} free"
        return f"up to {size(self.need)}, {there}"

    def json(self) -> dict[str, Any]:
        """As stored in the plan: what a person reads, and what `do` holds to."""
        return {**asdict(self), "disk": self.disk}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Item:
        """An item as it comes back from the store."""
        return cls(**{key: stored[key] for key in cls.__dataclass_fields__})


@dataclass(frozen=True)
class LeftOut:
    """What would be useful, and is not done now."""

    kind: Kind
    object: str
    table: str
    what: str
    why: str


@dataclass(frozen=True)
class Suggestion:
    """What a person may want to do; Fireline does not."""

    what: str
    why: str
    statement: str


@dataclass(frozen=True)
class Chosen:
    """What one look led to."""

    items: tuple[Item, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


def together(parts: Sequence[Chosen]) -> Chosen:
    """All of several looks."""
    return Chosen(
        tuple(item for part in parts for item in part.items),
        tuple(left for part in parts for left in part.left_out),
        tuple(said for part in parts for said in part.suggestions),
    )


@dataclass(frozen=True)
class Terms:
    """What holds for every item of a plan.

    free: bytes free in a folder of the server, None when that can not be seen. held_by: who keeps dead rows, None for nobody.
    waits_for: whose open transaction a rebuild would wait for. folder: where the server's data lies, if that can be seen.
    """

    at: str
    block: int
    version: int
    free: Callable[[str | None], int | None]
    held_by: str | None
    waits_for: str | None
    folder: str | None = None


def size(number: float) -> str:
    """Bytes for people: 640 kB, 12 MB, 1.4 GB."""
    for unit in ("kB", "MB", "GB"):
        number /= _STEP
        if number < _STEP:
            return f"{number:.1f} {unit}" if number < _WHOLE and unit == "GB" else f"{number:.0f} {unit}"
    return f"{number / _STEP:.1f} TB"


def count(number: float) -> str:
    """A whole number for people."""
    return f"{number:,.0f}"


def span(seconds: float) -> str:
    """A time for people: 40 s, 12 min, 3 h, 5 days."""
    for unit, name in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
