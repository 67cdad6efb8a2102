"""The run ledger: append-only, hash-chained, written in the same transaction as the tables derived from it."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import NotFound
from fireline.incident import timeline
from fireline.incident.people import Actor
from fireline.store.chain import GENESIS, broken_at, plain, seal
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.run")


def lock(conn: Connection, run: int) -> DictRow:
    """The run's row, locked until the end of the transaction; NotFound when there is none."""
    row = one(conn, Q["lock_run"], run=run)
    if row is None:
        raise NotFound(f"no run {run}", hint="`fireline run list` shows them.")
    return row


def record(conn: Connection, run: int, kind: str, actor: Actor, /, **payload: Any) -> None:
    """Append an entry, secrets taken out. The caller holds the run's lock, so the chain has one writer."""
    clean = redact.tree(plain(payload))
    last = one(conn, Q["last_entry"], run=run)
    previous = bytes(last["hash"]) if last else GENESIS
    seq = last["seq"] + 1 if last else 1
    at = clock.now()
    conn.execute(
        Q["append_entry"],
        {
            "run": run,
            "seq": seq,
            "at": at,
            "kind": kind,
            "actor": actor.name,
            "payload": Jsonb(clean),
            "previous": previous,
            "hash": seal(previous, seq, at, kind, actor.name, clean),
        },
    )
    conn.execute(Q["raise_revision"], {"run": run})


def tell(conn: Connection, row: DictRow, kind: str, actor: Actor, /, **payload: Any) -> None:
    """Append to the ledger, and to the incident's timeline when the run has one."""
    record(conn, row["id"], kind, actor, **payload)
    if row["incident_id"] is not None:
        timeline.tell(conn, row["incident_id"], kind, actor, run=row["id"], **payload)


def read(conn: Connection, run: int) -> list[DictRow]:
    """The entries of a run, oldest first."""
    return all_rows(conn, Q["entries"], run=run)


def broken(conn: Connection, run: int) -> int | None:
    """The first entry whose seal does not hold, or None when the ledger is whole."""
    return broken_at(read(conn, run))
