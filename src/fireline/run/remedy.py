"""The contract of a remedy: something Fireline can do to a target, in four functions. The shelves are in the phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.settings import Settings, duration
from fireline.store.connect import Store

Level = Literal["read", "reversible", "destructive"]


class Parameters(BaseModel):
    """What a remedy is told; each remedy has its own model, whose field descriptions are its help."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def durations(*names: str) -> Any:
    """A validator for the parameters that are durations, such as 7d, or left out."""

    def checked(value: str | None) -> str | None:
        if value is not None:
            duration(value)
        return value

    return field_validator(*names)(checked)


@dataclass(frozen=True)
class Plan:
    """What would be done, for the approver to read and `do` to hold to. All of it is JSON and is stored before acting.

    captured: the state that `do` re-checks and `undo` is built from. The approval is bound to the whole plan.
    Of a plan with many parts, `captured` holds what people are shown as tables: `parts` (each with what, why, gain, lock,
    disk, statement), `left_out` (what, why), `suggestions` (what, why, statement).
    """

    summary: str  # one sentence: what will be done
    effect: str  # what it may lose or disturb, in plain words
    undo: str  # how to go back, or why there is no way back
    level: Level
    captured: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What was done. `artefact`, when there is one, is kept in the store: (kind, payload)."""

    ok: bool
    summary: str
    facts: dict[str, Any] = field(default_factory=dict)
    artefact: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether it worked, as seen on the target: None when that can not be known."""

    ok: bool | None
    summary: str


@dataclass(frozen=True)
class Hand:
    """What a remedy has at hand beside its target.

    store: for what must be known before it acts and after this process has died (a backup, a restore, a fence).
    watch: hears that the work is not wanted any more, and tells how far it is.
    actor: whose wish it is, for the rows that are left.
    """

    settings: Settings
    store: Store
    watch: Watch = field(default_factory=Watch)
    actor: str = "fireline"


@dataclass(frozen=True)
class Remedy:
    """One file on a shelf of remedies.

    plan: reads the target and says what would be done; raises Refused when there is nothing to do or it must not be.
    do: acts, after re-checking what the plan captured; raises Refused when the world has changed.
    verify: looks whether it worked; also the probe of an attempt whose outcome is unknown.
    undo: puts back what the plan captured; None, with `no_undo` saying why, when there is no way back.
    words: phrases of a manual step that this remedy may be offered for, never by itself.
    argument: the field of `parameters` that a bare word on the command line fills.
    short: whether `fireline NAME` names it, too.
    offline: it also works when the target does not answer, such as proving a backup; who answers is then not compared.
    What takes long looks at `hand.watch`: it ends early, with what it has done, once cancelling is asked for.
    """

    name: str  # terminate-session
    phase: Literal["contain", "resolve"]
    summary: str
    level: Level
    parameters: type[Parameters]
    plan: Callable[[Target, Any, Hand], Plan]
    do: Callable[[Target, Plan, Hand], Outcome]
    verify: Callable[[Target, Plan, Hand], Verdict]
    undo: Callable[[Target, Plan, Hand], Outcome] | None
    no_undo: str = ""
    words: tuple[str, ...] = ()
    argument: str | None = None
    short: bool = False
    offline: bool = False
