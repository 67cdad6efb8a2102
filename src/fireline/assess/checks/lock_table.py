"""How full the table is that all locks of all sessions share, and who holds most of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fireline import redact
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

# Locks taken by the fast path, and predicate locks, lie elsewhere. Our own go with our transaction.
_HELD = """
SELECT l.pid, l.virtualtransaction AS virtual, count(*) AS held
FROM pg_locks l WHERE NOT l.fastpath AND l.mode <> 'SIReadLock' AND l.pid IS DISTINCT FROM pg_backend_pid()
GROUP BY 1, 2 ORDER BY 3 DESC
"""
_WHO = """
SELECT pid, backend_start, xact_start, coalesce(application_name, '') AS application, usename AS "user", host(client_addr) AS client,
    state, left(coalesce(query, ''), 400) AS query
FROM pg_stat_activity WHERE pid = ANY (%(pids)s)
"""
_MOST = 5


@dataclass(frozen=True)
class Taker:
    """One transaction with many locks. pid None: it is prepared."""

    pid: int | None
    held: int
    backend_start: datetime | None = None
    xact_start: datetime | None = None
    application: str = ""
    user: str | None = None
    client: str | None = None
    state: str | None = None
    query: str = ""


@dataclass(frozen=True)
class LockTable:
    """All locks in the shared table, and who has most of them."""

    held: int
    takers: tuple[Taker, ...] = ()


def read(conn: Connection, sofar: Snapshot) -> LockTable:
    """The number of locks now, and the five largest holders."""
    del sofar
    rows = conn.execute(_HELD).fetchall()
    first = rows[:_MOST]
    known = {
        row["pid"]: row for row in conn.execute(_WHO, {"pids": [row["pid"] for row in first if row["pid"]]}).fetchall()
    }
    takers = []
    for row in first:
        who = dict(known.get(row["pid"], {"pid": row["pid"]}))
        if "query" in who:
            who["query"] = " ".join(redact.text(who["query"]).split())
        takers.append(Taker(held=row["held"], **who))
    return LockTable(sum(row["held"] for row in rows), tuple(takers))


check = Check("lock_table", read)
