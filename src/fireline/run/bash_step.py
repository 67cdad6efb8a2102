"""A command of a step, run on this worker, with what a person may stop it by."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from psycopg.rows import DictRow

from fireline.run import bash
from fireline.run.work import Result, Work, before_of, values_of
from fireline.settings import Settings

LOOKED_AT = 100_000  # characters of a command's output that expectations are judged on


def carry_out(work: Work, command: str) -> Result:
    """A command on this worker. `begin` is committed first; a lease that is not fresh stops it at the last moment."""
    settings = work.world.settings
    running = bash.Running()
    work.begin(None)
    with work.lease.stopping(running.stop):
        ended = bash.run(
            command,
            folder=Path(work.run["folder"] or settings.base),
            path=f"{settings.runbook.path}:{Path(sys.executable).parent}",
            environment={
                **_ours(settings),
                **settings.runbook.environment,
                **environment_of(work.step, before_of(work)),
            },
            timeout_seconds=work.timeout.total_seconds(),
            mark=bash.mark_of(work.run, work.attempt),
            running=running,
            may_start=lambda: work.lease.fresh,
        )
    outcome: dict[str, Any] = {"exit": ended.exit, "ms": ended.ms, "bytes": ended.size}
    if ended.ended == "timed_out":
        limit = f"{work.timeout.total_seconds():g} s"
        return Result(
            "timed_out",
            {**outcome, "summary": f"ended after {limit}", "error": f"took longer than {limit}"},
            ended.output,
        )
    if ended.ended == "cancelled":
        return Result("cancelled", {**outcome, "summary": work.lease.stop_reason or "stopped"}, ended.output)
    last = next((line for line in reversed(ended.output.splitlines()) if line.strip()), "")
    if ended.exit:
        return Result(
            "failed",
            {**outcome, "summary": f"exit {ended.exit}", "error": last[:500] or f"exit {ended.exit}"},
            ended.output,
        )
    return Result(
        "succeeded", {**outcome, "summary": last[:200] or "exit 0", "stdout": ended.output[:LOOKED_AT]}, ended.output
    )


def _ours(settings: Settings) -> dict[str, str]:
    """What makes a `fireline` line of a step mean this installation; its program is found last, after everything on PATH."""
    return {"FIRELINE_CONFIG": str(settings.origin)} if settings.origin else {}


def environment_of(step: DictRow, captured: dict[str, Any] | None) -> dict[str, str]:
    """The values of a command's parameters, under the names of the variables that carry them."""
    values = values_of(step, captured)
    names = {
        parameter["name"]: parameter.get("env") or parameter["name"]
        for parameter in step["content"].get("parameters", [])
    }
    return {names.get(name, name): str(value) for name, value in values.items()}
