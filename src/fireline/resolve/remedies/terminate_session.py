"""End one session, or only its running statement: exactly the one that was approved, in the transaction it was in then."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow
from pydantic import Field

from fireline import redact
from fireline.errors import FirelineError, NotFound, Refused
from fireline.postgres.connect import APPLICATION, Connection, Target, connect
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.store.connect import queries

Q = queries("fireline.resolve")

PATIENCE_SECONDS = 5.0  # until a session that was told to end is gone
_LOOK_SECONDS = 0.05
_LIMIT = timedelta(seconds=5)
_KEY = ("pid", "backend_start", "xact_start", "query_start")
_AGAIN = "`fireline diagnose` tells who holds the lock now."


class TerminateSession(Parameters):
    """Which session, and how."""

    pid: int = Field(ge=1, description="process number of the session, as pg_stat_activity shows it")
    backend_start: datetime | None = Field(None, description="when the session began, so that no later one is meant")
    cancel: bool = Field(False, description="only cancel the running statement; the session stays")
    force: bool = Field(False, description="also one that belongs to Fireline or is no client's, such as a replica's")


def plan(target: Target, parameters: TerminateSession, hand: Hand) -> Plan:
    """Look at the session: whose it is, what it holds and would lose, how many wait behind it."""
    with connect(target, acting=True, statement_timeout=_LIMIT) as conn:
        row = conn.execute(Q["session"], {"pid": parameters.pid}).fetchone()
        waiting = _behind(conn, parameters.pid)
    if row is None:
        raise NotFound(f"there is no session {parameters.pid}: it is gone already", hint=_AGAIN)
    _check(row, parameters)
    captured = {name: _text(row[name]) for name in _KEY} | {
        "cancel": parameters.cancel,
        "user": row["user"],
        "application": redact.text(row["application"]),
        "client": row["client"],
        "database": row["database"],
        "state": row["state"],
        "has_written": row["has_written"],
        "tables": row["tables"],
        "query": redact.text(" ".join(row["query"].split())),
        "waiting": waiting,
    }
    verb = "Cancel the statement of" if parameters.cancel else "End"
    behind = (
        f"; {waiting} {'session waits' if waiting == 1 else 'sessions wait'} behind it"
        if waiting
        else "; nobody waits for it"
    )
    return Plan(
        summary=f"{verb} session {row['pid']} ({_who(row)}), {_doing(row)}{behind}.",
        effect=_effect(row, cancel=parameters.cancel),
        undo="None is needed: the application runs its statement again."
        if parameters.cancel
        else "A session can not be brought back; its application connects again by itself.",
        level="reversible",
        captured=captured,
    )


def _check(row: DictRow, parameters: TerminateSession) -> None:
    """Refuse what must not be ended, and what can not be told apart."""
    pid = row["pid"]
    if parameters.backend_start and abs(row["backend_start"] - _aware(parameters.backend_start)) > timedelta(
        milliseconds=1
    ):
        raise Refused(
            f"process number {pid} belongs to another session now, begun {row['backend_start']:%H:%M:%S}", hint=_AGAIN
        )
    if row["ours"] or (row["application"].startswith(APPLICATION) and not parameters.force):
        raise Refused(f"session {pid} is Fireline's own", hint="With --force it is ended all the same.")
    if row["hidden"]:
        raise Refused(f"our role may not see what session {pid} does", hint="Grant it pg_monitor.")
    if row["kind"] != "client backend" and not parameters.force:
        raise Refused(
            f"session {pid} is no client's but a {row['kind']}",
            hint="Ending it may harm the server; with --force it is ended all the same.",
        )
    if not row["allowed"]:
        need = "only a superuser may end a superuser's session" if row["of_superuser"] else "grant it pg_signal_backend"
        raise Refused(
            f"our role may not end sessions of {row['user'] or row['kind']}", hint=f"{need[0].upper()}{need[1:]}."
        )
    if parameters.cancel and row["state"] != "active":
        raise Refused(
            f"session {pid} runs no statement: it is {row['state']}", hint="Without --cancel the session is ended."
        )


def _who(row: DictRow) -> str:
    name = redact.text(row["application"]) or row["user"] or row["kind"]
    return f"{name}@{row['client'] or 'local'}, user {row['user']}, database {row['database']}"


def _doing(row: DictRow) -> str:
    seconds = max(int((row["now"] - row["state_change"]).total_seconds()), 0) if row["state_change"] else 0
    length = f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"  # noqa: PLR2004 - a minute
    return f"{row['state'] or row['kind']} for {length}"


def _effect(row: DictRow, *, cancel: bool) -> str:
    """What is lost, in plain words."""
    tables = f" (it has locked {', '.join(row['tables'])})" if row["tables"] else ""
    if cancel:
        return f"Its statement fails and what it did so far is rolled back{tables}. The session stays."
    if row["has_written"]:
        return f"Its uncommitted changes are lost{tables}. Nothing that was committed is. Its client sees a broken connection."
    if row["xact_start"]:
        return f"It has written nothing, so only an open read is lost{tables}. Its client sees a broken connection."
    return "It has no transaction open, so nothing is lost. Its client sees a broken connection."


def _behind(conn: Connection, pid: int) -> int:
    """How many wait for a session, directly or behind another."""
    blocked = {row["pid"]: set(row["by"]) for row in conn.execute(Q["blocked"]).fetchall()}
    found, fresh = set[int](), {pid}
    while fresh:
        fresh = {waiter for waiter, by in blocked.items() if by & fresh} - found
        found |= fresh
    return len(found - {pid})


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """End it if it is still the same session in the same transaction, and wait until it is gone."""
    pid, cancel = plan.captured["pid"], plan.captured["cancel"]
    key = _key(plan)
    with connect(target, write=True, autocommit=True, statement_timeout=_LIMIT) as conn:
        try:
            sent = conn.execute(Q["cancel" if cancel else "terminate"], key).fetchone()
        except psycopg.errors.InsufficientPrivilege as no:
            raise Refused(f"the server does not let us: {no.diag.message_primary}") from None
        if sent is None:
            return _changed(conn, pid, key)
        began = time.monotonic()
        while (left := _left(conn, key, cancel=cancel)) and time.monotonic() - began < PATIENCE_SECONDS:
            time.sleep(_LOOK_SECONDS)
        facts = {"pid": pid, "ms": round((time.monotonic() - began) * 1000), "still_waiting": _behind(conn, pid)}
    if left:
        text = f"session {pid} was told to {'stop' if cancel else 'end'}, and after {PATIENCE_SECONDS:g} s it is still there"
        return Outcome(False, text, facts)
    return Outcome(True, f"{'statement of session' if cancel else 'session'} {pid} ended after {facts['ms']} ms", facts)


def _changed(conn: Connection, pid: int, key: dict[str, Any]) -> Outcome:
    """What was planned for is not there as it was: gone is well, another transaction is not ours to end."""
    row = conn.execute(Q["still_there"], key).fetchone()
    if row is None:
        return Outcome(True, f"session {pid} had ended by itself", {"pid": pid, "ms": 0})
    what = "runs another statement" if row["same_transaction"] else "has begun another transaction"
    raise Refused(f"session {pid} {what} than the one that was approved", hint=_AGAIN)


def _left(conn: Connection, key: dict[str, Any], *, cancel: bool) -> bool:
    row = conn.execute(Q["still_there"], key).fetchone()
    return row is not None and (row["running"] or not cancel)


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether it is gone and nobody waits for it any more."""
    pid = plan.captured["pid"]
    try:
        with connect(target, acting=True, statement_timeout=_LIMIT) as conn:
            left = _left(conn, _key(plan), cancel=plan.captured["cancel"])
            waiting = _behind(conn, pid) if left else 0
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if left:
        return Verdict(False, f"Session {pid} is still there, and {waiting} wait behind it.")
    return Verdict(
        True,
        f"Session {pid} {'has stopped that statement' if plan.captured['cancel'] else 'is gone'}, and nobody waits for it.",
    )


def _key(plan: Plan) -> dict[str, Any]:
    return {name: plan.captured[name] for name in _KEY}


def _text(value: Any) -> Any:
    """A moment as text with all its digits, so that it survives JSON; anything else as it is."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


remedy = Remedy(
    name="terminate-session",
    phase="resolve",
    summary="End one session, or cancel its statement.",
    level="reversible",
    parameters=TerminateSession,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="a session can not be brought back; its application connects again by itself",
    words=(
        "terminate session",
        "kill session",
        "end session",
        "end the idle transaction",
        "kill the blocking query",
        "terminate connection",
    ),
    argument="pid",
)
