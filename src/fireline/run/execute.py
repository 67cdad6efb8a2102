"""Carry out one attempt: SQL on a target, a bash command, or a remedy. What comes back is data, also when it failed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.rows import DictRow

from fireline.errors import FirelineError, Refused, TargetUnavailable
from fireline.postgres import statement
from fireline.postgres.connect import Connection, Target, connect, identity
from fireline.postgres.statement import Rows, Statement, StatementFailed
from fireline.run import bash
from fireline.run.content import chosen_action
from fireline.run.lease import Lease
from fireline.run.remedy import Outcome, Plan, Remedy, Verdict
from fireline.run.world import World
from fireline.runbook import sqltext
from fireline.settings import duration

LOOKED_AT = 100_000  # characters of a command's output that expectations are judged on


class CutOff(FirelineError):
    """the connection was lost while a change ran: its transaction id tells what became of it"""


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
        if work.captured.get("captured", {}).get("lines"):
            return _remedy(work)
        action = content["undo"] if work.undo else chosen_action(content, work.step["choice"])
        if action is None:
            return _failed(Refused("there is nothing here that Fireline could run"))
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


def _bash(work: Work, command: str) -> Result:
    """A command on this worker. `begin` is committed first; a lease that is not fresh stops it at the last moment."""
    settings = work.world.settings
    running = bash.Running()
    work.begin(None)
    with work.lease.stopping(running.stop):
        ended = bash.run(
            command,
            folder=Path(work.run["folder"] or settings.base),
            path=settings.runbook.path,
            environment={**settings.runbook.environment, **environment_of(work.step, before_of(work))},
            timeout_seconds=work.timeout.total_seconds(),
            attempt=work.attempt,
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


def environment_of(step: DictRow, captured: dict[str, Any] | None) -> dict[str, str]:
    """The values of a command's parameters, under the names of the variables that carry them."""
    values = values_of(step, captured)
    names = {
        parameter["name"]: parameter.get("env") or parameter["name"]
        for parameter in step["content"].get("parameters", [])
    }
    return {names.get(name, name): str(value) for name, value in values.items()}


def _remedy(work: Work) -> Result:
    """Each line's remedy in order; the first that fails ends the step. Undo goes through them backwards."""
    lines = work.captured["captured"]["lines"]
    summaries: list[str] = []
    facts: dict[str, Any] = {}
    artefacts: list[tuple[str, str, dict[str, Any]]] = []
    started = time.monotonic()
    work.begin(None)
    for planned in reversed(lines) if work.undo else lines:
        if not work.lease.fresh:
            raise Refused("another worker has taken this run over, so nothing more was started")
        remedy, target, plan = remedy_of(work.world, planned)
        if work.undo and remedy.undo is None:
            raise Refused(f"{remedy.name} has no undo: {remedy.no_undo}")
        with connect(target) as conn:
            check_server(planned.get("server"), conn, target)
        done = _act(work, remedy, target, plan)
        summaries.append(done.summary)
        facts.update(done.facts)
        if done.artefact is not None:
            artefacts.append((done.artefact[0], target.name, done.artefact[1]))
        if not done.ok and work.lease.stop_reason is not None:
            text = "; ".join([work.lease.stop_reason, *summaries])
            return Result("cancelled", {"summary": text, "facts": facts}, artefacts=artefacts)
        verdict = remedy.verify(target, plan) if done.ok and not work.undo else None
        if verdict is not None:
            facts["verify"] = {"ok": verdict.ok, "summary": verdict.summary}
            summaries.append(verdict.summary)
        if not done.ok or (verdict is not None and verdict.ok is False):
            text = "; ".join(summaries)
            return Result("failed", {"summary": text, "error": summaries[-1], "facts": facts}, artefacts=artefacts)
    ms = int((time.monotonic() - started) * 1000)
    return Result("succeeded", {"summary": "; ".join(summaries), "facts": facts, "ms": ms}, artefacts=artefacts)


def _act(work: Work, remedy: Remedy, target: Target, plan: Plan) -> Outcome:
    """One remedy's do or undo; one that can be stopped in the middle hears when it is not wanted any more."""
    if work.undo and remedy.undo is not None:
        return remedy.undo(target, plan)
    if remedy.do_until is None:
        return remedy.do(target, plan)
    cancel = statement.Cancel()
    with work.lease.stopping(cancel.cancel):
        return remedy.do_until(target, plan, cancel)


def remedy_of(world: World, planned: dict[str, Any]) -> tuple[Remedy, Target, Plan]:
    """The remedy, target and plan of a planned line, as they were stored when the approval was asked for."""
    remedy = world.remedies.get(planned["remedy"])
    if remedy is None:
        raise Refused(
            f"this Fireline has no remedy {planned['remedy']}", hint="Run a worker of the version that planned it."
        )
    plan = Plan(planned["summary"], planned["effect"], planned["undo"], planned["level"], planned["captured"])
    return remedy, world.target(planned["target"]), plan


def verify(world: World, run: DictRow, step: DictRow, attempt: DictRow) -> Verdict | None:
    """Whether a step worked, by its own probe: a remedy's verify, or the runbook's; None when it has none."""
    plan = attempt["plan"] or {}
    if plan.get("captured", {}).get("lines"):
        verdicts = []
        for planned in plan["captured"]["lines"]:
            remedy, target, its_plan = remedy_of(world, planned)
            verdicts.append(remedy.verify(target, its_plan))
        known = [verdict.ok for verdict in verdicts]
        ok = False if False in known else None if None in known else True
        return Verdict(ok, " ".join(verdict.summary for verdict in verdicts))
    action, name = step["content"].get("verify"), step["content"].get("target") or run["target"]
    if not action or action["language"] != "sql" or name not in world.targets:
        return None
    seen = look(world.targets[name], action, values_of(step), world.settings.policy.read_timeout)
    return Verdict(None, "; ".join(_seen(rows) for rows in seen))


def _seen(rows: Rows) -> str:
    """What a verifying query showed, for a person to judge."""
    first = (
        ", ".join(f"{column} = {value}" for column, value in zip(rows.columns, rows.rows[0], strict=True))
        if rows.rows
        else ""
    )
    return f"{_count(rows)}: {first}" if first and not (rows.total == 1 and len(rows.columns) == 1) else _count(rows)


def texts(conn: Connection, action: dict[str, Any], values: dict[str, Any]) -> list[Statement]:
    """The statements of a SQL action with their values bound, in the order they run.

    Where PostgreSQL takes no bind parameter (an identifier, ALTER ROLE …) the server itself writes the text, quoted.
    """
    made = []
    for one in action["statements"]:
        bound = tuple(values.get(name) for name in one["binds"])
        by_server = sqltext.rendering(one)
        if by_server is None:
            made.append(Statement(one["sql"], bound))
            continue
        query, names = by_server
        result = conn.pgconn.exec_params(
            query.encode(), [one["format"].encode(), *(str(values.get(name, "")).encode() for name in names)]
        )
        written = result.get_value(0, 0) if result.status == ExecStatus.TUPLES_OK else None
        if written is None:
            said = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"it can not be written").decode()
            raise Refused(f"the values do not fit the statement: {said}")
        made.append(Statement(written.decode(), bound))
    return made


def _sql(work: Work, action: dict[str, Any]) -> Result:
    """Statements on the target: proved reads each by itself, an approved change in one transaction with a known id."""
    target = work.target
    if target is None:
        raise Refused("no target is known for this step", hint="Name one in the runbook or on the run.")
    values = values_of(work.step, before_of(work))
    with connect(target) as conn:
        statements = texts(conn, action, values)
    cancel = statement.Cancel()
    began = time.monotonic()
    try:
        with work.lease.stopping(cancel.cancel):
            if work.level == "read":
                work.begin(None)
                answers = [
                    statement.read(target, one.sql, one.values, timeout=work.timeout, cancel=cancel)
                    for one in statements
                ]
            else:
                answers = [_write(work, target, statements, cancel)]
    except StatementFailed as failed:
        if failed.state == "unknown":
            raise CutOff from None
        summary = work.lease.stop_reason or "stopped" if failed.state == "cancelled" else failed.message
        why = {"summary": summary, "error": failed.message, "hint": failed.hint, "sqlstate": failed.sqlstate}
        return Result(failed.state, {**why, "ms": _ms(began)})
    outcome = {**_told(answers), "ms": _ms(began)}
    if work.level != "read" and not work.undo:
        try:
            verdict = verify(work.world, work.run, work.step, {"plan": work.captured})
        except FirelineError as blind:
            verdict = Verdict(None, f"it could not be verified: {blind.message}")
        if verdict is not None:
            outcome["verify"] = {"ok": verdict.ok, "summary": verdict.summary}
    return Result("succeeded", outcome)


def _write(work: Work, target: Target, statements: list[Statement], cancel: statement.Cancel) -> Rows:
    def before(conn: Connection) -> None:
        check_server(work.captured.get("server"), conn, target)

    def on_xid(xid: str | None) -> None:
        if not work.lease.fresh:
            raise Refused("another worker has taken this run over, so nothing was started")
        work.begin(xid)

    return statement.write(target, statements, on_xid=on_xid, before=before, timeout=work.timeout, cancel=cancel)


def _told(answers: list[Rows]) -> dict[str, Any]:
    """The outcome as data, with a summary for people."""
    last = answers[-1] if answers else Rows()
    shown = [answer.json() for answer in answers]
    status = [tag for answer in answers for tag in answer.status]
    counted = ", ".join(_count(answer) for answer in answers if answer.columns)
    return {"rows": last.total, "results": shown, "summary": counted or ", ".join(status) or "done"}


def facts_of(outcome: dict[str, Any]) -> dict[str, Any]:
    """What expectations and conditions are judged on: the last statement's rows and columns, the exit, output, time."""
    results = outcome.get("results") or []
    last = {key: results[-1][key] for key in ("columns", "rows", "total", "truncated")} if results else {}
    return {**{key: outcome[key] for key in ("exit", "stdout", "ms", "rows") if key in outcome}, **last}


def before_of(work: Work) -> dict[str, Any]:
    """What the runbook's `before` found when the approval was asked for."""
    found: dict[str, Any] = work.captured.get("captured", {}).get("before") or {}
    return found


def _count(answer: Rows) -> str:
    if answer.total == 1 and len(answer.columns) == 1 and answer.rows:
        return f"{answer.columns[0]} = {answer.rows[0][0]}"
    return f"{answer.total} row{'' if answer.total == 1 else 's'}"


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def look(target: Target, action: dict[str, Any], values: dict[str, Any], timeout: timedelta) -> list[Rows]:
    """Read what a `before` or a `verify` of the runbook reads. Raises as `statement.read` does."""
    with connect(target) as conn:
        statements = texts(conn, action, values)
    return [statement.read(target, one.sql, one.values, timeout=timeout) for one in statements]


def capture(target: Target, step: DictRow, timeout: timedelta) -> dict[str, Any]:
    """What the runbook's `before` reads, so that its undo can put it back: the first row's columns by name."""
    action = step["content"].get("before")
    if not action or action["language"] != "sql":
        return {}
    found: dict[str, Any] = {}
    for rows in look(target, action, values_of(step), timeout):
        if rows.rows:
            found.update(zip(rows.columns, rows.rows[0], strict=True))
    return found


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
