"""Who is there and who waits for whom: sessions, lock waits with their blockers, prepared transactions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from psycopg.rows import DictRow

from fireline import redact
from fireline.assess.snapshot import Check, Lock, LockReading, Prepared, Session, Snapshot
from fireline.postgres.connect import Connection

MOST_WAITING = 300  # whose blockers are asked for; each question takes all partitions of the lock table for a moment
_HIDDEN = "<insufficient privilege>"
_YOUNG_SECONDS = 2.0

_SESSIONS = """
SELECT pid, backend_start, backend_type AS kind, usename AS "user", datname AS database,
    coalesce(application_name, '') AS application, host(client_addr) AS client, state,
    wait_event_type AS wait_type, wait_event AS wait, xact_start, query_start, state_change, backend_xid::text AS xid,
    left(coalesce(query, ''), 400) AS query
FROM pg_stat_activity WHERE pid <> pg_backend_pid()
"""

_BLOCKED = """
SELECT pid, pg_blocking_pids(pid) AS by
FROM (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid IS NOT NULL ORDER BY pid LIMIT %(most)s) AS waiting
"""

# `waitstart` came with version 14, so it is asked for as a field that may be missing.
_LOCKS = """
WITH seen AS MATERIALIZED (
    SELECT l AS whole, l.*, ARRAY[l.locktype, l.database::text, l.relation::text, l.page::text, l.tuple::text, l.virtualxid,
        l.transactionid::text, l.classid::text, l.objid::text, l.objsubid::text] AS thing
    FROM pg_locks l)
SELECT s.pid, s.locktype AS kind, s.mode, s.granted, s.virtualtransaction AS virtual, s.transactionid::text AS transaction, s.thing,
    CASE WHEN s.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         THEN s.relation::regclass::text END AS relation,
    EXISTS (SELECT FROM pg_class c WHERE c.oid = s.relation AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f')) AS own, (to_jsonb(s.whole) ->> 'waitstart')::timestamptz AS since
FROM seen s
WHERE s.pid IS NULL OR NOT s.granted OR s.locktype IN ('advisory', 'tuple')
   OR (s.pid = ANY (%(blockers)s) AND s.locktype = 'relation' AND s.relation >= 16384)
   OR s.thing IN (SELECT thing FROM seen WHERE NOT granted)
ORDER BY s.granted LIMIT 5000
"""

_PREPARED = """
SELECT transaction::text AS transaction, gid, prepared AS at, owner::text AS owner, database::text AS database
FROM pg_prepared_xacts
"""


def read(conn: Connection, sofar: Snapshot) -> LockReading:
    """One sample; the blockers are asked for right after the sessions, so that they fit together."""
    del sofar
    sessions = [_session(row) for row in conn.execute(_SESSIONS).fetchall()]
    blocked = {
        row["pid"]: tuple(sorted(set(row["by"]))) for row in conn.execute(_BLOCKED, {"most": MOST_WAITING}).fetchall()
    }
    blockers = sorted({pid for pids in blocked.values() for pid in pids})
    locks = [_lock(row) for row in conn.execute(_LOCKS, {"blockers": blockers}).fetchall()]
    prepared = [Prepared(**{**row, "at": _utc(row["at"])}) for row in conn.execute(_PREPARED).fetchall()]
    moment = conn.execute("SELECT clock_timestamp() AS at").fetchone()
    assert moment is not None
    return LockReading(
        at=moment["at"].astimezone(UTC),
        sessions={one.pid: one for one in sessions},
        blocked={pid: by for pid, by in blocked.items() if by},
        locks=tuple(locks),
        prepared={one.transaction: one for one in prepared},
        hidden=sum(one.hidden and one.user is not None for one in sessions),
    )


def _session(row: DictRow) -> Session:
    hidden = row["query"] == _HIDDEN
    moments = {name: _utc(row[name]) for name in ("backend_start", "xact_start", "query_start", "state_change")}
    query = " ".join(redact.text(row["query"]).split())
    return Session(**{**row, **moments, "query": "" if hidden else query, "hidden": hidden})


def _lock(row: DictRow) -> Lock:
    return Lock(**{**row, "thing": tuple(row["thing"]), "since": _utc(row["since"])})


def _utc(moment: datetime | None) -> Any:
    return moment.astimezone(UTC) if moment else None


def unsettled(seen: tuple[LockReading, ...]) -> bool:
    """Whether somebody waits for a transaction that began a moment ago: one more sample tells if it lasts."""
    last = seen[-1]
    blockers = {pid for pids in last.blocked.values() for pid in pids} - set(last.blocked)
    begun = [last.sessions[pid].xact_start for pid in blockers if pid in last.sessions]
    return any(start is not None and (last.at - start).total_seconds() < _YOUNG_SECONDS for start in begun)


def blind(reading: LockReading) -> str | None:
    """Why the reading shows only a part."""
    if not reading.hidden:
        return None
    others = "another session does" if reading.hidden == 1 else f"{reading.hidden} other sessions do"
    return f"may not see what {others}; grant it pg_monitor"


check = Check("locks", read, sampled=True, unsettled=unsettled, blind=blind)
