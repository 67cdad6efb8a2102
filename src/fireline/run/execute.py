"""Carry out one attempt: SQL on a target, a bash command, or a remedy. What comes back is data, also when it failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from psycopg.rows import DictRow

from fireline.errors import FirelineError, Refused, TargetUnavailable
from fireline.postgres import statement
from fireline.postgres.connect import Target, connect, identity
from fireline.run import bash
from fireline.run.content import chosen_action
from fireline.run.lease import Lease
from fireline.run.remedy import Outcome, Plan, Verdict
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


def execute(work: Work) -> Result:
    """Do it. Whatever the step does wrong is in the result; only a lost lease is raised."""
    content = work.step["content"]
    try:
        if work.step["kind"] == "remedy" or content.get("lines"):
            return _remedy(work)
        action = content["undo"] if work.undo else chosen_action(content, work.step["choice"])
        if action["language"] == "bash":
            return _bash(work, action["command"])
        return _sql(work, action)
    except (Refused, TargetUnavailable) as refused:
        return _failed(refused)


def _failed(error: FirelineError) -> Result:
    return Result("failed", {"summary": error.message, "error": error.message, "hint": error.hint})


def values_of(step: DictRow, more: dict[str, Any] | None = None) -> dict[str, str]:
    """The step's parameters: what was answered, else the default, else what an earlier capture gave."""
    found = {
        parameter["name"]: parameter["default"]
        for parameter in step["content"].get("parameters", [])
        if parameter.get("default") is not None
    }
    return {**found, **(more or {}), **step["parameters"]}


def check_server(captured: dict[str, Any] | None, conn: Any, target: Target) -> None:
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
