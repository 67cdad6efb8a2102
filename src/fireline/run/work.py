"""What an attempt is given, and what comes back of it, whatever it carries out: data, also when it failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Connection, Target, identity
from fireline.run.lease import Lease
from fireline.run.world import World
from fireline.settings import duration


@dataclass(frozen=True)
class Result:
    """What became of an attempt. state: succeeded, failed, timed_out, cancelled or unknown."""

    state: str
    outcome: dict[str, Any]
    output: str | None = None
    artefacts: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)  # kind, target, payload


@dataclass(frozen=True)
class Work:
    """One attempt that may begin: everything it needs, and the way to say that its side effect begins now.

    begin: commits that the side effect starts (with a transaction id where there is one) under the newest fence;
    raises LeaseLost when another worker has taken the run over.
    """

    world: World
    lease: Lease
    run: DictRow
    step: DictRow
    attempt: int
    level: str
    target: Target | None
    begin: Callable[[str | None], None]
    undo: bool = False
    captured: dict[str, Any] = field(default_factory=dict)

    @property
    def timeout(self) -> timedelta:
        """The step's own, else the policy's for its level."""
        own = self.step["content"].get("timeout")
        policy = self.world.settings.policy
        if own:
            return duration(own)
        return policy.read_timeout if self.level == "read" else policy.change_timeout


def failed(error: FirelineError) -> Result:
    """What was refused, as the result of an attempt."""
    return Result("failed", {"summary": error.message, "error": error.message, "hint": error.hint})


def values_of(step: DictRow, more: dict[str, Any] | None = None) -> dict[str, str]:
    """The step's parameters: what was answered, else the default, else what an earlier capture gave."""
    found = {
        parameter["name"]: parameter["default"]
        for parameter in step["content"].get("parameters", [])
        if parameter.get("default") is not None
    }
    return {**found, **(more or {}), **step["parameters"]}


def before_of(work: Work) -> dict[str, Any]:
    """What the runbook's `before` found when the approval was asked for."""
    found: dict[str, Any] = work.captured.get("captured", {}).get("before") or {}
    return found


def facts_of(outcome: dict[str, Any]) -> dict[str, Any]:
    """What expectations and conditions are judged on: the last statement's rows and columns, the exit, output, time."""
    results = outcome.get("results") or []
    last = {key: results[-1][key] for key in ("columns", "rows", "total", "truncated")} if results else {}
    return {**{key: outcome[key] for key in ("exit", "stdout", "ms", "rows") if key in outcome}, **last}


def check_server(captured: dict[str, Any] | None, conn: Connection, target: Target) -> None:
    """Refuse to write to another server than the one that was looked at when the approval was asked for."""
    if not captured:
        return
    now = identity(conn).json()
    for key in ("system_identifier", "data_directory"):
        if captured.get(key) and now.get(key) and captured[key] != now[key]:
            raise Refused(
                f"the server behind target {target.name} is not the one that was approved",
                hint="It was replaced or the DSN leads elsewhere; look at it, then ask for the step again.",
            )
