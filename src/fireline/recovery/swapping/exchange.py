"""The exchange itself: one database leaves the name in use and another enters it, in one transaction, while nobody is in either.

On any failure the one that was in use is in use, and open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import Refused
from fireline.postgres.connect import Connection, Target, beside
from fireline.recovery.fence import pgbouncer, sessions
from fireline.recovery.fence.closing import closed
from fireline.recovery.swapping import carry
from fireline.recovery.swapping.settling import settled
from fireline.recovery.swapping.standing import Standing, by_number, differences
from fireline.store.connect import Store, queries

Q = queries("fireline.recovery")

CLOSED_SECONDS = 60.0  # after which a worker opens the database again, whatever became of us
_PATIENCE_SECONDS = 5.0
_LOOKS_AGAIN_MS = 10
_AUTOVACUUM = "autovacuum worker"
_RENAME = "ALTER DATABASE {} RENAME TO {}"

Stage = Callable[[str], None]


def nobody(_: str) -> None:
    """Nobody looks on."""


@dataclass(frozen=True)
class Exchange:
    """What is exchanged. row: the restore's. swap: what its row is to hold, so that anyone can tell what became of it.

    leave_as, dressed: the name and the standing that the leaving database gets. stage: called at each stage, by its name.
    """

    row: DictRow
    swap: dict[str, Any]
    leaving: Standing
    entering: Standing
    leave_as: str
    dressed: Standing
    by: str
    stage: Stage


def exchange(store: Store, target: Target, conn: Connection, what: Exchange) -> dict[str, Any]:
    """One leaves the name in use, the other enters it. conn: beside both, in autocommit."""
    written = False
    what.stage("looked")
    watchful(conn)
    try:
        conn.execute("BEGIN")
        with _rolled_back(conn):
            _begin(store, target, conn, what)
            written = True
            what.stage("written")
            _empty(target, what.entering)
            what.stage("beside closed")
            carry.put(conn, what.leaving, what.entering.name)
            what.stage("carried")
            _in_the_closed(store, target, conn, what)
            what.stage("open")
    except BaseException as fault:
        ended = settled(store, target, what.row["id"], str(fault)) if written else None
        is_there = ended is not None and ended["state"] == "swapped"
        if ended is None or ended["state"] == "swapping" or is_there is (what.swap["direction"] == "back"):
            if isinstance(fault, psycopg.Error) and not conn.closed:
                raise _refused(fault, what) from None
            raise  # it did not happen, or that can not be told yet; otherwise only its answer was lost
    else:
        ended = settled(store, target, what.row["id"], None)
    state = ended["state"] if ended else "swapping"
    return {"restore": what.row["id"], "already": False, "database": what.leaving.name, "kept": what.leave_as,
            "state": state, "written_since": what.swap.get("written_since")}  # fmt: skip


def watchful(conn: Connection) -> None:
    """Have this session's renames look again soon when somebody is in the database, and not after a tenth of a second.

    A client that is being turned away is in it for a moment. CountOtherDBBackends then sleeps for 100 ms, at most 50 times; any timer
    of the session ends such a sleep, and the one that looks whether we are still there does nothing else (PostgreSQL 14 and later).
    """
    with suppress(psycopg.Error):  # older, or a system where it can not be had: then it is the tenth of a second
        conn.execute(f"SET client_connection_check_interval = {_LOOKS_AGAIN_MS}")


def _refused(fault: psycopg.Error, what: Exchange) -> Refused:
    """The server's no in its own words; everything is as it was."""
    said = redact.text((fault.diag.message_primary or str(fault)).strip().splitlines()[0])
    hint = None
    if isinstance(fault, psycopg.errors.ObjectInUse | psycopg.errors.LockNotAvailable):
        hint = f"Somebody got between; {what.leaving.name} is open and as it was. Try again, or raise a fence first."
    return Refused(f"the databases could not be exchanged: {said}", hint=hint)


def _begin(store: Store, target: Target, conn: Connection, what: Exchange) -> None:
    """Our lock, our transaction's number, and the row that tells what is done, before it is."""
    mine = conn.execute(Q["swap_lock"], {"token": what.row["token"]}).fetchone()
    if not mine or not mine["mine"]:
        raise Refused(f"somebody else is swapping restore {what.row['id']} at this moment")
    begun = conn.execute(Q["swap_begin"]).fetchone()
    assert begun is not None
    noted = {**what.swap, "xid": begun["xid"], "begun_at": clock.now().isoformat(), "pooler": pgbouncer.serves(target)}
    with store.transaction() as own:
        found = own.execute(Q["begin_swap"], {"id": what.row["id"], "was": what.row["state"], "swap": Jsonb(noted)})
        if found.rowcount != 1:
            raise Refused(f"restore {what.row['id']} is not {what.row['state']} any more", hint="Plan it again.")


def _empty(target: Target, one: Standing) -> None:
    """Let nobody into the database that stands beside, and end who is in."""
    with beside(target, write=True) as other:
        other.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(one.name)))
        _end_all(other, one.name)


def _end_all(conn: Connection, name: str) -> None:
    every = carry.mighty(conn)  # autovacuum only a superuser ends; for anyone else the rename itself does
    ended = sessions.end(conn, name, lambda one: every or one.kind != _AUTOVACUUM, patience=_PATIENCE_SECONDS)
    if ended.left:
        why = next(iter(ended.refused.values()), "they do not end")
        raise Refused(f"sessions in {name} could not be ended ({why}): {sessions.named(ended.left)}")


def _in_the_closed(store: Store, target: Target, conn: Connection, what: Exchange) -> None:
    """Have a pooler's clients wait, close the one in use and rename; rolled back before it opens again, which would wait for us."""
    reason = f"swap of restore {what.row['id']}"
    with (
        pgbouncer.paused(target),
        closed(store, target, what.leaving.name, seconds=CLOSED_SECONDS, by=what.by, reason=reason) as other,
        _rolled_back(conn),
    ):
        what.stage("closed")
        _rename(conn, other, what)


def _rename(conn: Connection, other: Connection, what: Exchange) -> None:
    """The two renames and what belongs to them, committed; nobody is in either database. As few round trips as can be."""
    leaving, entering = what.leaving, what.entering
    now = by_number(conn, leaving.oid).get(leaving.oid)
    if now is None or now.name != leaving.name or differences(leaving, now.but(allows=leaving.allows)):
        raise Refused(f"database {leaving.name} was changed meanwhile", hint="Look at it, then swap again.")
    if other.execute(Q["end_sessions"], {"oids": [leaving.oid, entering.oid]}).fetchall():
        for one in (leaving, entering):
            _end_all(other, one.name)  # autovacuum comes back by itself, and a rename waits for it
    live, old = sql.Identifier(leaving.name), sql.Identifier(what.leave_as)
    renames = [sql.SQL(_RENAME).format(live, old), sql.SQL(_RENAME).format(sql.Identifier(entering.name), live)]
    conn.execute(sql.SQL("; ").join(renames))
    what.stage("renamed")
    dress = carry.statements(what.dressed, now.but(name=what.leave_as), mighty=carry.mighty(conn))
    conn.execute(sql.SQL("; ").join([*dress, sql.SQL("COMMIT")]))
    what.stage("committed")


@contextmanager
def _rolled_back(conn: Connection) -> Iterator[None]:
    """What was not committed by the end of the block is rolled back."""
    try:
        yield
    finally:
        with suppress(psycopg.Error):
            if not conn.closed and conn.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                conn.execute("ROLLBACK")
