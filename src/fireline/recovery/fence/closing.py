"""A database closed to everybody for the moments in which it is renamed; open again whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import psycopg
from psycopg import sql

from fireline import clock
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Connection, Target, beside
from fireline.recovery.fence import pgbouncer, rows, sessions
from fireline.recovery.fence.rows import Fence, Step
from fireline.store.connect import Store
from fireline.store.wake import wake

WAY = "allow-connections"
PAUSE = "pgbouncer"
_GRACE_SECONDS = 1.0  # for transactions to end by themselves, where their clients can be made to wait
_PATIENCE_SECONDS = 10.0  # until the last session is gone
_ALLOWED = "SELECT datallowconn AS allowed FROM pg_database WHERE datname = %s"


@contextmanager
def closed(
    store: Store, target: Target, database: str, *, seconds: float, by: str, reason: str
) -> Iterator[Connection]:
    """Nobody is in `database` and nobody gets in; yields a connection to another database of the server, in autocommit.

    Afterwards whatever database bears the name then is as open or as closed as it was before; one that bears another
    name by then is left as it is. Where the settings name a PgBouncer its clients wait meanwhile. A fence that a person
    raised stands before, meanwhile and afterwards; it can not be raised or lifted meanwhile, from inside the block neither.
    When this process dies, or takes longer than `seconds`, a worker opens the database again.
    Raises Refused when a prepared transaction or a session that can not be ended is in the way, TargetUnavailable.
    """
    with rows.held(store, target.name), ExitStack() as stack:
        conn = stack.enter_context(beside(target, write=True))
        _settle_an_earlier_one(store, conn, target)
        _refuse_what_is_prepared(conn, database)
        fence = _begin(store, conn, target, database, seconds=seconds, by=by, reason=reason)
        try:
            fence = _shut(store, conn, target, fence, min(_PATIENCE_SECONDS, seconds))
            yield conn
        finally:
            _open_again(store, conn, target, fence, by)


def is_allowed(conn: Connection, database: str) -> bool | None:
    """Whether the database lets anybody in; None when there is none of this name."""
    row = conn.execute(_ALLOWED, [database]).fetchone()
    return bool(row["allowed"]) if row else None


def allow(conn: Connection, database: str, allowed: bool) -> str:
    """The statement that opens or closes it."""
    word = sql.SQL("true" if allowed else "false")
    return sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(database), word).as_string(conn)


def _begin(
    store: Store, conn: Connection, target: Target, database: str, *, seconds: float, by: str, reason: str
) -> Fence:
    before = is_allowed(conn, database)
    if before is None:
        raise Refused(f"target {target.name} has no database {database}")
    if conn.info.dbname == database:
        raise Refused(
            f"database {database} can not be closed from inside it",
            hint=f"Name another database of the server with targets.{target.name}.maintenance.",
        )
    steps = [*_pausing(target), _closing(conn, database, before)]
    expires = clock.now() + timedelta(seconds=seconds)
    with store.transaction() as own:
        made = rows.begin(
            own, target=target.name, database=database, level="closed", steps=steps, reason=reason,
            expires_at=expires, by=by, passing=True,
        )  # fmt: skip
        wake(own, "fence", made.id, at=expires)
    return made


def _closing(conn: Connection, database: str, before: bool) -> Step:
    return Step(
        way=WAY,
        about=database,
        title=f"close the database {database} to everybody",
        why="it is exchanged for another one in this moment",
        stops_not="autovacuum",
        captured={"before": before, "ours": False},
        act=[allow(conn, database, False)] if before else [],
        inverse=[allow(conn, database, before)],
    )


def _pausing(target: Target) -> list[Step]:
    """Where a PgBouncer is in front its clients wait, and find the database open again; none, where they wait already."""
    if target.pgbouncer is None:
        return []
    name = pgbouncer.name_of(target)
    with pgbouncer.console(target) as conn:
        now = pgbouncer.seen(conn, name)
    if now is None or now.paused:
        return []
    return [
        Step(
            way=PAUSE,
            about=f"queries through PgBouncer to {name}",
            title=f"have PgBouncer let the queries to {name} wait",
            why="its clients see a short wait instead of an error, and it does not keep knocking at a closed door",
            stops_not="connections past it",
            captured={"before": False, "ours": True, "what": "paused", "name": name},
            act=[pgbouncer.word("PAUSE", name)],
            inverse=[pgbouncer.word("RESUME", name)],
        )
    ]


def _shut(store: Store, conn: Connection, target: Target, fence: Fence, patience: float) -> Fence:
    """Let nobody in any more, end everyone who is in, and wait until they are gone."""
    fence = rows.mark(store, _all(fence, "acting"))
    pause = pgbouncer.Pause(target) if fence.steps[0].way == PAUSE else None
    if pause is not None:
        pause.done(_GRACE_SECONDS)  # transactions may end by themselves; those that do not are ended below
    for statement in fence.steps[-1].act:
        conn.execute(statement.encode())
    ended = sessions.end(conn, fence.database, lambda one: one.kind != "autovacuum worker", patience=patience)
    if ended.left:
        why = f": {next(iter(ended.refused.values()))}" if ended.refused else ""
        raise Refused(
            f"{fence.database} could not be emptied, so it is open again: {sessions.named(ended.left)} stayed{why}",
            hint="End those sessions, or give our role pg_signal_backend; a superuser's only a superuser may end.",
        )
    if pause is not None:
        pause.done(pgbouncer.PATIENCE_SECONDS)  # with its last session gone it is paused
    _refuse_what_is_prepared(conn, fence.database)
    return rows.mark(store, replace(_all(fence, "acted"), state="up"))


def _all(fence: Fence, state: Literal["acting", "acted", "undone"]) -> Fence:
    return replace(fence, steps=tuple(replace(step, state=state) for step in fence.steps))


def _refuse_what_is_prepared(conn: Connection, database: str) -> None:
    found = sessions.prepared(conn, database)
    if found:
        names = ", ".join(one["gid"] for one in found[:5])
        raise Refused(
            f"{len(found)} prepared transaction(s) wait in {database}: {names}",
            hint="COMMIT PREPARED or ROLLBACK PREPARED each, from inside the database; they are never touched for you.",
        )


def _open_again(store: Store, conn: Connection, target: Target, fence: Fence, by: str) -> None:
    """Put it back; what can not be done now is due at once for the workers, and never hides what happened inside."""
    try:
        if conn.closed or conn.broken:
            with beside(target, write=True) as fresh:
                settle(store, target, fresh, fence, by)
        else:
            if conn.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                conn.rollback()
            settle(store, target, conn, fence, by)
    except (FirelineError, psycopg.Error):
        rows.due_now(store, fence)
        raise


def _settle_an_earlier_one(store: Store, conn: Connection, target: Target) -> None:
    """One whose process died is put back first: its lock was free."""
    with store.transaction() as own:
        left = rows.standing(own, target.name, passing=True)
    if left is not None:
        settle(store, target, conn, left, "fireline")


def settle(store: Store, target: Target, conn: Connection, fence: Fence, by: str) -> Fence:
    """Open whatever database bears the name now, as it was before; twice is harmless. Raises Refused without such a one."""
    before = bool(fence.steps[-1].captured["before"])
    now = is_allowed(conn, fence.database)
    if now is None:
        said = f"no database bears the name {fence.database} any more"
        rows.mark(store, replace(fence, state="stuck"), error=said)
        raise Refused(said, hint="Rename the right one to it; it is opened then.")
    if now is not before:
        conn.execute(allow(conn, fence.database, before).encode())
    if fence.steps[0].way == PAUSE and target.pgbouncer is not None:
        pgbouncer.resume(target)
    with store.transaction() as own:
        return rows.lifted(own, _all(fence, "undone"), by)
