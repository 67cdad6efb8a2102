"""SQL on a target: proved reads that are always rolled back, approved changes whose transaction id is known beforehand.

What a statement is allowed to do is decided elsewhere; here it is carried out so that its outcome can be told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import psycopg

from fireline.errors import Refused
from fireline.postgres import wire
from fireline.postgres.cancel import Cancel, State, StatementFailed
from fireline.postgres.connect import Connection, Identity, Target, connect, identity, same_history
from fireline.postgres.proof import Proof, prove
from fireline.postgres.syntax import looks_like_a_read, statements, transactional, without_brackets

__all__ = [
    "Cancel",
    "Proof",
    "Rows",
    "Statement",
    "StatementFailed",
    "looks_like_a_read",
    "prove",
    "read",
    "statements",
    "transactional",
    "write",
    "xact_status",
]

MOST_ROWS = 500
MOST_BYTES = 1_000_000
MOST_COUNTED = 100_000  # rows of a read; what comes after is not fetched


@dataclass(frozen=True)
class Statement:
    """A single statement with the values of its $1, $2 …"""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Rows:
    """What came back: of several statements, the rows of the last that had any.

    total: how many rows there were; when `truncated`, fewer are kept, and of a read there may be more than counted.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    total: int = 0
    truncated: bool = False
    ms: float = 0.0
    status: list[str] = field(default_factory=list)  # as psql prints it: SELECT 3, UPDATE 1
    notices: list[str] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def read(
    target: Target,
    statement: str,
    values: Sequence[Any] = (),
    *,
    timeout: timedelta = timedelta(seconds=30),
    lock_timeout: timedelta | None = None,
    most_rows: int = MOST_ROWS,
    cancel: Cancel | None = None,
    jit: bool = True,
) -> Rows:
    """Prove again that a statement only reads, and run it: read-only, limited in time and size, rolled back.

    jit: whether the server may compile it, as it does for others. Raises Refused when it is not proved, StatementFailed, TargetUnavailable.
    """
    cancel = cancel or Cancel()
    with connect(target, statement_timeout=timeout, lock_timeout=lock_timeout, jit=jit) as conn:
        conn.read_only = True
        with cancel.over(conn), _told(cancel, writing=False):
            proof = prove(conn, statement, values)
            if proof.error:
                raise StatementFailed(proof.error, state="failed", hint=proof.hint)
            if proof.level != "read":
                raise Refused(f"not proved to only read: {proof.reason}", hint="It needs an approval.")
            with conn.transaction(force_rollback=True):
                return _run(conn, Statement(statement, tuple(values)), cancel, most_rows, MOST_COUNTED)


def write(
    target: Target,
    wanted: Sequence[Statement],
    *,
    on_xid: Callable[[str | None], None],
    before: Callable[[Connection], None] | None = None,
    timeout: timedelta = timedelta(minutes=2),
    lock_timeout: timedelta | None = None,
    cancel: Cancel | None = None,
) -> Rows:
    """Run an approved change in one transaction; `on_xid` is told its id before the first statement, and may refuse.

    What can not run in a transaction runs on its own, statement by statement, and `on_xid` is told None.
    before: a look at the target on the same connection, such as whether it is the one that was approved.
    Raises StatementFailed, TargetUnavailable, Refused, and whatever `on_xid` and `before` raise.
    """
    cancel = cancel or Cancel()
    wanted, control = _unbracketed(wanted)
    whole = all(transactional(one.sql) for one in wanted)
    if control and whole:
        raise Refused(
            f"the command holds {control}, and Fireline runs it in one transaction of its own",
            hint="Take the transaction control out, or make steps of its parts.",
        )
    began = time.monotonic()
    with connect(
        target, write=True, statement_timeout=timeout, lock_timeout=lock_timeout, autocommit=not whole
    ) as conn:
        notices: list[str] = []
        conn.add_notice_handler(lambda said: notices.append(f"{said.severity}: {said.message_primary}"))
        with cancel.over(conn), _told(cancel, writing=True):
            if before is not None:
                before(conn)
            on_xid(_xid(conn) if whole else None)
            results = [_run(conn, one, cancel, MOST_ROWS) for one in wanted]
            if whole:
                conn.commit()
    last = next((result for result in reversed(results) if result.columns), Rows())
    status = [tag for result in results for tag in result.status]
    ms = round((time.monotonic() - began) * 1000, 1)
    return Rows(last.columns, last.rows, last.total, last.truncated, ms, status, notices)


def _unbracketed(wanted: Sequence[Statement]) -> tuple[Sequence[Statement], str]:
    texts, control = without_brackets([one.sql for one in wanted])
    return (wanted[1:-1] if len(texts) < len(wanted) else wanted), control


def _xid(conn: Connection) -> str | None:
    """The id of the transaction that begins with this; None on a standby, where nothing can be written."""
    standby = conn.execute("SELECT pg_is_in_recovery() AS standby").fetchone()
    if standby and standby["standby"]:
        return None
    row = conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
    return str(row["xid"]) if row else None


def xact_status(target: Target, xid: str, server: Identity) -> Literal["committed", "aborted", "in progress"] | None:
    """What became of a transaction; None when that is no longer known, or this is not the `server` it ran on.

    Raises TargetUnavailable.
    """
    with connect(target, acting=True, statement_timeout=timedelta(seconds=5)) as conn:
        if not same_history(identity(conn), server):
            return None
        try:
            row = conn.execute("SELECT pg_xact_status(%s::xid8) AS status", [xid]).fetchone()
        except psycopg.DatabaseError:  # an id that was never given out, so not of this server
            return None
    return row["status"] if row else None


def _run(conn: Connection, statement: Statement, cancel: Cancel, most_rows: int, most: int | None = None) -> Rows:
    """One statement by the extended protocol, which takes no second one behind a semicolon."""
    cancel.check()
    began = time.monotonic()
    kept: list[list[Any]] = []
    columns: list[str] = []
    total = size = 0
    status: list[str] = []
    for result in wire.results(conn, statement.sql, statement.values):
        columns = columns or wire.columns(result)
        status += [result.command_status.decode()] if result.command_status else []
        for row in wire.rows(result):
            total += 1
            if len(kept) < most_rows and size < MOST_BYTES:
                cells = [wire.shortened(cell, MOST_BYTES - size) for cell in row]
                size += sum(len(str(cell)) for cell in cells)
                kept.append(cells)
        if most is not None and total >= most:
            break
    ms = round((time.monotonic() - began) * 1000, 1)
    return Rows(columns, kept, total, len(kept) < total, ms, status)


@contextmanager
def _told(cancel: Cancel, *, writing: bool) -> Iterator[None]:
    """Turn the driver's errors into StatementFailed, which says what state the attempt is in."""
    try:
        yield
    except psycopg.Error as error:
        code = error.sqlstate
        said = (error.diag.message_primary or str(error)).strip().splitlines()[0]
        lost = code is None or code.startswith(("57P", "08"))
        state: State = "failed"
        if lost:
            state = "unknown" if writing else "failed"
        elif code == "57014":
            state = "cancelled" if cancel.asked else "timed_out"
        hint = _HINTS.get(code or "", error.diag.message_hint)
        raise StatementFailed(said, state=state, sqlstate=code, hint=hint) from None


_HINTS = {
    "55P03": "Another session holds the lock; `fireline diagnose` names it.",
    "57014": "It ran into its time limit; a step may have its own with timeout=5m.",
    "25001": "It can not run inside a transaction; make it a step of its own.",
    "2D000": "The procedure ends transactions itself, which Fireline's transaction does not let it do.",
    "25006": "The target only lets this session read: is it a standby?",
}
