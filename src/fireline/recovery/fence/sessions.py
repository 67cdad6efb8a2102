"""Who is in a database: whose sessions they are, ending them until none is left, and what was prepared and waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from fireline import redact
from fireline.postgres.connect import APPLICATION, Connection

_LOOK_SECONDS = 0.02
_CLIENT = "client backend"
_CRON = "pg_cron"
_APPLIES = "logical replication"  # what a subscription writes with
_NO_WRITER = ("autovacuum worker", "walsender", "parallel worker", "autovacuum launcher")

# What a session is and since when is hidden from a role without pg_monitor: one that has a role counts as a client
# then, and one that has none, and is in a database all the same, cleans up there.
_IN = """
SELECT a.pid, coalesce(a.usename, '') AS role, coalesce(a.application_name, '') AS application,
    coalesce(a.backend_type, CASE WHEN a.usesysid IS NULL THEN 'autovacuum worker' ELSE 'client backend' END) AS kind,
    coalesce(nullif(host(a.client_addr), ''), CASE WHEN a.client_port = -1 THEN 'local' ELSE '' END) AS address,
    a.backend_start AS since, coalesce(r.rolsuper, false) AS superuser, a.usename = session_user AS ours, a.state,
    a.backend_xid IS NOT NULL AS writes
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
WHERE a.datname = %(database)s AND a.pid <> pg_backend_pid() ORDER BY a.backend_start
"""
_TELL = """
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN unnest(%s::int[], %s::timestamptz[]) AS told (pid, since)
    ON a.pid = told.pid AND a.backend_start IS NOT DISTINCT FROM told.since
"""
_PREPARED = "SELECT gid, owner, prepared FROM pg_prepared_xacts WHERE database = %(database)s ORDER BY prepared"


_Key = tuple[int, datetime | None]


@dataclass(frozen=True)
class Session:
    """One session in the database."""

    pid: int
    role: str
    application: str
    address: str
    kind: str
    since: datetime | None  # hidden from a role without pg_monitor
    superuser: bool
    fireline: bool  # Fireline's own: our role under our name
    state: str | None
    writes: bool

    @property
    def client(self) -> bool:
        """Whether it is a client's, and no worker of the server."""
        return self.kind == _CLIENT


def inside(conn: Connection, database: str) -> list[Session]:
    """Everyone in the database but ourselves, the longest there first."""
    return [
        Session(
            row["pid"], row["role"], redact.text(row["application"]), row["address"], row["kind"], row["since"], row["superuser"],
            bool(row["ours"]) and row["application"].startswith(APPLICATION), row["state"], row["writes"],
        )
        for row in conn.execute(_IN, {"database": database}).fetchall()
    ]  # fmt: skip


def is_application(session: Session, roles: tuple[str, ...]) -> bool:
    """Whether it counts as the application's: of its roles where they are named, else every client but Fireline."""
    if session.fireline or not session.client:
        return False
    return session.role in roles if roles else True


def writes_by_itself(session: Session) -> bool:
    """Whether it is a writer beside the application that a fence stops: of a subscription, or a job of pg_cron."""
    applies = session.kind.startswith(_APPLIES) and "launcher" not in session.kind
    return applies or session.kind == _CRON or (session.client and session.application == _CRON)


def may_write(session: Session) -> bool:
    """Whether it could write at all: a client, or a worker of the server that is no mere reader or cleaner."""
    return not session.fireline and (session.client or session.kind not in _NO_WRITER)


def prepared(conn: Connection, database: str) -> list[dict[str, Any]]:
    """Transactions that were prepared and wait for their COMMIT: they outlive their sessions and hold their locks."""
    rows = conn.execute(_PREPARED, {"database": database}).fetchall()
    return [
        {"gid": redact.text(row["gid"]), "role": row["owner"], "since": row["prepared"].isoformat()} for row in rows
    ]


@dataclass(frozen=True)
class Ended:
    """What came of ending sessions. refused: what the server said of those that our role may not end."""

    number: int
    left: list[Session]
    refused: dict[int, str]


def end(
    conn: Connection,
    database: str,
    which: Callable[[Session], bool],
    *,
    patience: float = 10.0,
    wanted: Callable[[], bool] = lambda: True,
) -> Ended:
    """Tell every session that `which` means to end, again and again, until none is left or the patience is.

    wanted: asked between two rounds; when it says no the rest is left alone.
    """
    until, ended, refused = time.monotonic() + patience, set[_Key](), dict[int, str]()
    pause = _LOOK_SECONDS / 8  # most are gone in a few milliseconds, and in a swap everybody waits for this
    while True:
        left = [session for session in inside(conn, database) if which(session)]
        if not left or time.monotonic() >= until or not wanted() or all(one.pid in refused for one in left):
            return Ended(len(ended - {(one.pid, one.since) for one in left}), left, refused)
        _tell_all(
            conn, [one for one in left if pause >= _LOOK_SECONDS or (one.pid, one.since) not in ended], ended, refused
        )
        time.sleep(pause)
        pause = min(pause * 2, _LOOK_SECONDS)


def _tell_all(conn: Connection, few_or_many: list[Session], ended: set[_Key], refused: dict[int, str]) -> None:
    """All at once, as there may be hundreds; one by one where our role may not end each of them."""
    keys = [(one.pid, one.since) for one in few_or_many]
    try:
        conn.execute(_TELL, [[pid for pid, _ in keys], [since for _, since in keys]])
    except psycopg.errors.InsufficientPrivilege:
        for session in few_or_many:
            _tell(conn, session, ended, refused)
    else:
        ended.update(keys)


def _tell(conn: Connection, session: Session, ended: set[_Key], refused: dict[int, str]) -> None:
    """End exactly this one, not a later one with its number."""
    once = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start IS NOT DISTINCT FROM %s"
    try:
        conn.execute(once, [session.pid, session.since])
    except psycopg.errors.InsufficientPrivilege as no:
        refused[session.pid] = redact.text(no.diag.message_primary or "permission denied")
    else:
        ended.add((session.pid, session.since))


def named(sessions: list[Session], *, most: int = 5) -> str:
    """Who they are, in words, grouped."""
    groups: dict[str, int] = {}
    for one in sessions:
        who = one.role or one.kind
        if one.application:
            who += f" ({one.application})"
        if one.address:
            who += f" from {one.address}"
        groups[who] = groups.get(who, 0) + 1
    told = [f"{who} ×{number}" if number > 1 else who for who, number in groups.items()]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")
