"""The append-only, hash-chained story of an incident; status page and post-mortem are readings of it."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.incident.people import Actor
from fireline.store.chain import GENESIS, broken_at, plain, seal
from fireline.store.connect import Connection, all_rows, one, queries

Q = queries("fireline.incident")


def tell(conn: Connection, incident: int, kind: str, actor: Actor, /, **payload: Any) -> int:
    """Append an event, secrets taken out; its sequence number.

    Locks the incident's row, so that two writers can not seal the same place in the chain.
    """
    conn.execute(Q["lock_incident"], {"incident": incident})
    return tell_held(conn, incident, kind, actor, **payload)


def tell_held(conn: Connection, incident: int, kind: str, actor: Actor, /, **payload: Any) -> int:
    """The same for a caller that holds the incident's row already: it has locked or made it in this transaction."""
    clean = redact.tree(plain(payload))
    last = one(conn, Q["last_event"], incident=incident)
    previous = bytes(last["hash"]) if last else GENESIS
    seq = last["seq"] + 1 if last else 1
    at = clock.now()
    sealed = seal(previous, seq, at, kind, actor.name, clean)
    conn.execute(
        Q["append_event"],
        {
            "incident": incident,
            "seq": seq,
            "at": at,
            "kind": kind,
            "actor": actor.name,
            "payload": Jsonb(clean),
            "previous": previous,
            "hash": sealed,
        },
    )
    return seq


def read(conn: Connection, incident: int, *, after: int = 0) -> list[dict[str, Any]]:
    """The events after a sequence number, oldest first: seq, at, kind, actor, payload, previous, hash."""
    return all_rows(conn, Q["events"], incident=incident, after=after)


def broken(conn: Connection, incident: int) -> int | None:
    """The first event whose seal does not hold, or None when the story is whole."""
    return broken_at(read(conn, incident))
