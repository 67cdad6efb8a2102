"""What a cause concludes from a snapshot: the cause named, its evidence, the twins ruled out, the remedy, the probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from fireline.assess.snapshot import Snapshot

Severity = Literal["critical", "high", "medium", "low"]
RANK: dict[str, int] = {"critical": 0, "high": 1, "medium": 2, "low": 3}


@dataclass(frozen=True)
class Evidence:
    """One fact and where it was seen."""

    source: str
    fact: str


@dataclass(frozen=True)
class Rejected:
    """A twin that looks the same, and the fact that rules it out."""

    cause: str
    because: str


@dataclass(frozen=True)
class Cure:
    """What helps. `command` is a Fireline line that does it with an approval; None when a person has to think."""

    text: str
    sql: tuple[str, ...] = ()
    level: Literal["read", "reversible", "destructive"] = "reversible"
    undo: tuple[str, ...] = ()
    command: str | None = None


@dataclass(frozen=True)
class Probe:
    """A proved read that tells whether the cause is gone: green when what it shows is as expected."""

    sql: str
    expect: str


@dataclass(frozen=True)
class Branch:
    """One line of the tree of who waits for whom."""

    pid: int
    depth: int
    text: str
    root: bool = False


@dataclass(frozen=True)
class Verdict:
    """A cause named. The title is one sentence that stays the same from look to look."""

    cause: str
    title: str
    severity: Severity
    confidence: float
    objects: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    explains: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    remedy: Cure
    probe: Probe
    tree: tuple[Branch, ...] = ()
    hurt: int = field(default=0, compare=False)  # how many wait because of it; ranks causes of one severity
    about: tuple[str, ...] = field(default=(), compare=False)  # the statements, of a cause that gives way

    def json(self) -> dict[str, Any]:
        """As `diagnose --json` prints it and as a finding keeps it."""
        return {name: value for name, value in asdict(self).items() if name not in ("hurt", "about")}


@dataclass(frozen=True)
class Cause:
    """One file on the shelf of causes; pure.

    judge: every case of this cause in a snapshot, which also holds the complaint that led to it (empty without one).
    needs: the checks without which it can not be told.
    complaints: the kinds of trouble (`complaint.py`) that people feel when it strikes; puts it first for such a complaint.
    absorbs: labels that are only its consequences, and are not named beside it.
    gives_way: named only for statements that no other verdict tells of; to the one that does it leaves what it knows.
    """

    label: str
    family: str
    judge: Callable[[Snapshot], tuple[Verdict, ...]]
    needs: tuple[str, ...]
    complaints: tuple[str, ...]
    absorbs: tuple[str, ...] = ()
    gives_way: bool = False
