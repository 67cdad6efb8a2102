"""How far standbys are: on the primary who is connected and how far each is behind; on a standby how replay goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fireline import redact
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_MOMENT = "SELECT clock_timestamp() AS at, pg_is_in_recovery() AS standby"
# Differences in bytes from the newest log written here; sent is NULL where our role may not see it.
_CONNECTED = """
SELECT pid, coalesce(application_name, '') AS application, host(client_addr) AS client, coalesce(state, '') AS state, reply_time AS replied,
    (sent_lsn - '0/0')::bigint AS sent, (write_lsn - '0/0')::bigint AS written, (flush_lsn - '0/0')::bigint AS flushed,
    (replay_lsn - '0/0')::bigint AS replayed, replay_lsn::text AS replay_lsn, flush_lsn::text AS flush_lsn, sent_lsn::text AS sent_lsn,
    extract(epoch FROM replay_lag)::float8 AS replay_lag, age(backend_xmin) AS xmin_age,
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint AS newest
FROM pg_stat_replication ORDER BY pid LIMIT 100
"""
_REPLAY = """
SELECT CASE WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'running' END AS state,
    (pg_last_wal_receive_lsn() - '0/0')::bigint AS received, (pg_last_wal_replay_lsn() - '0/0')::bigint AS replayed,
    pg_last_wal_receive_lsn()::text AS receive_lsn, pg_last_wal_replay_lsn()::text AS replay_lsn, pg_last_xact_replay_timestamp() AS replayed_at,
    (SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'startup') AS wait,
    (SELECT wait_event_type FROM pg_stat_activity WHERE backend_type = 'startup') AS wait_type,
    (SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup') AS pid,
    (SELECT status FROM pg_stat_wal_receiver) AS receiver,
    (SELECT last_msg_receipt_time FROM pg_stat_wal_receiver) AS heard,
    (SELECT sender_host FROM pg_stat_wal_receiver) AS sender,
    (SELECT array_agg(b) FROM unnest(pg_blocking_pids((SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'))) AS b) AS blockers
"""
_READERS = """
SELECT pid, backend_start, xact_start, usename AS "user", coalesce(application_name, '') AS application, host(client_addr) AS client, state,
    age(backend_xmin) AS xmin_age, left(coalesce(query, ''), 400) AS query
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR pid = ANY (%(blockers)s))
ORDER BY age(backend_xmin) DESC NULLS LAST, xact_start LIMIT 20
"""


@dataclass(frozen=True)
class Connected:
    """One standby (or other receiver) as the sender knows it; positions in bytes, None when it has told none."""

    pid: int
    application: str
    client: str | None
    state: str
    replied: datetime | None
    sent: int | None
    written: int | None
    flushed: int | None
    replayed: int | None
    replay_lsn: str | None
    flush_lsn: str | None
    sent_lsn: str | None
    replay_lag: float | None  # seconds; may look small when nothing is written
    xmin_age: int | None  # what its hot_standby_feedback holds back
    newest: int | None


@dataclass(frozen=True)
class Reader:
    """A session on the standby with a snapshot, or one that replay waits for."""

    pid: int
    backend_start: datetime | None
    xact_start: datetime | None
    user: str | None
    application: str
    client: str | None
    state: str | None
    xmin_age: int | None
    query: str


@dataclass(frozen=True)
class Replay:
    """How far this standby is. receiver: None when nothing is received now."""

    state: str  # running, paused
    received: int | None
    replayed: int | None
    receive_lsn: str | None
    replay_lsn: str | None
    replayed_at: datetime | None  # when the last transaction replayed was committed on the primary
    wait: str | None  # what the startup process waits for
    wait_type: str | None
    pid: int | None
    receiver: str | None
    heard: datetime | None
    sender: str | None
    blockers: tuple[int, ...] = ()
    readers: tuple[Reader, ...] = ()


@dataclass(frozen=True)
class Standbys:
    """Who receives from here; and how this server replays, when it is a standby itself."""

    at: datetime
    connected: tuple[Connected, ...] = ()
    replay: Replay | None = None


def read(conn: Connection, sofar: Snapshot) -> Standbys:
    """Both views, now."""
    del sofar
    moment = conn.execute(_MOMENT).fetchone()
    assert moment is not None
    connected = tuple(Connected(**row) for row in conn.execute(_CONNECTED).fetchall())
    return Standbys(moment["at"], connected, _replay(conn) if moment["standby"] else None)


def _replay(conn: Connection) -> Replay:
    row = conn.execute(_REPLAY).fetchone()
    assert row is not None
    blockers = tuple(sorted(set(row.pop("blockers") or ())))
    readers = conn.execute(_READERS, {"blockers": list(blockers)}).fetchall()
    return Replay(
        **row,
        blockers=blockers,
        readers=tuple(Reader(**{**one, "query": " ".join(redact.text(one["query"]).split())}) for one in readers),
    )


def blind(reading: Standbys) -> str | None:
    """Why the reading shows only a part."""
    hidden = any(one.state == "" for one in reading.connected) or (
        reading.replay is not None and reading.replay.pid is None
    )
    return "may not see how far standbys are; grant it pg_monitor" if hidden else None


check = Check("standbys", read, sampled=True, blind=blind)
