"""SQL of a step on its target: proved reads each by itself, an approved change in one transaction with a known id."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.rows import DictRow

from fireline.errors import FirelineError, Refused
from fireline.postgres import statement
from fireline.postgres.connect import Connection, Target, connect
from fireline.postgres.statement import Rows, Statement, StatementFailed
from fireline.run.work import Result, Work, before_of, check_server, values_of
from fireline.runbook import sqltext


class CutOff(FirelineError):
    """the connection was lost while a change ran: its transaction id tells what became of it"""


def carry_out(work: Work, action: dict[str, Any]) -> Result:
    """Run the statements. Raises CutOff when nobody knows what became of a change; Refused, TargetUnavailable."""
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
    return Result("succeeded", {**_told(answers), "ms": _ms(began)})


def _write(work: Work, target: Target, statements: list[Statement], cancel: statement.Cancel) -> Rows:
    def before(conn: Connection) -> None:
        check_server(work.captured.get("server"), conn, target)

    def on_xid(xid: str | None) -> None:
        if not work.lease.fresh:
            raise Refused("another worker has taken this run over, so nothing was started")
        work.begin(xid)

    return statement.write(target, statements, on_xid=on_xid, before=before, timeout=work.timeout, cancel=cancel)


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


def _told(answers: list[Rows]) -> dict[str, Any]:
    """The outcome as data, with a summary for people."""
    last = answers[-1] if answers else Rows()
    shown = [answer.json() for answer in answers]
    status = [tag for answer in answers for tag in answer.status]
    counted = ", ".join(_count(answer) for answer in answers if answer.columns)
    return {"rows": last.total, "results": shown, "summary": counted or ", ".join(status) or "done"}


def seen(rows: Rows) -> str:
    """What a verifying query showed, for a person to judge."""
    first = (
        ", ".join(f"{column} = {value}" for column, value in zip(rows.columns, rows.rows[0], strict=True))
        if rows.rows
        else ""
    )
    return f"{_count(rows)}: {first}" if first and not (rows.total == 1 and len(rows.columns) == 1) else _count(rows)


def _count(answer: Rows) -> str:
    if answer.total == 1 and len(answer.columns) == 1 and answer.rows:
        return f"{answer.columns[0]} = {answer.rows[0][0]}"
    return f"{answer.total} row{'' if answer.total == 1 else 's'}"


def _ms(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
