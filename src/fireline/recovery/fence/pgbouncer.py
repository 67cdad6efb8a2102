"""The admin console of the PgBouncer in front of a target: what it does with the database's clients, and pausing them briefly."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from fireline import redact
from fireline.errors import Refused, TargetUnavailable
from fireline.postgres.connect import APPLICATION, Target, database_of

PATIENCE_SECONDS = 3.0  # for open transactions to end before a pause is given up
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
Console = psycopg.Connection[DictRow]


@dataclass(frozen=True)
class Seen:
    """The database as PgBouncer has it. paused: queries wait; disabled: new clients are refused."""

    paused: bool
    disabled: bool
    clients: int


def name_of(target: Target) -> str:
    """What the target's database is called in PgBouncer."""
    named = target.pgbouncer.database if target.pgbouncer else None
    return named or database_of(target)


@contextmanager
def console(target: Target) -> Iterator[Console]:
    """The admin console; its words are simple ones, outside any transaction. Raises TargetUnavailable."""
    assert target.pgbouncer is not None
    try:
        parts: dict[str, Any] = conninfo_to_dict(target.pgbouncer.dsn.reveal())
    except psycopg.Error:  # its words hold a part of the DSN
        raise TargetUnavailable(f"targets.{target.name}.pgbouncer.dsn can not be read", kind="dsn") from None
    parts.setdefault("dbname", "pgbouncer")
    parts.setdefault("connect_timeout", 3)
    try:
        conn = psycopg.Connection[DictRow].connect(
            **parts, application_name=APPLICATION, autocommit=True, prepare_threshold=None, row_factory=dict_row
        )
    except psycopg.Error as refused:
        said = redact.text(str(refused).strip().splitlines()[-1])
        raise TargetUnavailable(
            f"PgBouncer's console for {target.name} does not answer: {said}",
            hint=f"Check targets.{target.name}.pgbouncer.dsn, and admin_users in its settings.",
            kind="pooler",
        ) from None
    with conn:
        try:
            yield conn
        except psycopg.Error as wrong:
            said = redact.text(str(wrong).strip().splitlines()[0])
            raise TargetUnavailable(f"PgBouncer's console for {target.name} says: {said}", kind="pooler") from None


def seen(conn: Console, name: str) -> Seen | None:
    """The database in its list; None while it has not heard of it.

    One that nobody uses at the moment may not be listed although it is remembered, disabled or paused as it was.
    """
    found = _listed(conn, name)
    if found is None:
        with suppress(psycopg.Error):  # "no such database"; with no connections it does nothing but recall it
            conn.execute(word("RECONNECT", name).encode())
            found = _listed(conn, name)
    return found


def _listed(conn: Console, name: str) -> Seen | None:
    rows = conn.execute(b"SHOW DATABASES").fetchall()
    row = next((row for row in rows if row["name"] == name), None)
    if row is None:
        return None
    return Seen(bool(row["paused"]), bool(row["disabled"]), int(row["current_connections"]))


def word(verb: str, name: str) -> str:
    """A command on one database; it takes plain words and quoted names."""
    doubled = name.replace('"', '""')
    return f"{verb} {name}" if _PLAIN.match(name) else f'{verb} "{doubled}"'


class Pause:
    """PAUSE is asked for in a thread of its own: it answers when the last transaction has ended, perhaps never."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._name = name_of(target)
        self._said: list[str] = []
        self._conn: Console | None = None
        self._thread = threading.Thread(target=self._ask, name="pgbouncer-pause", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        try:
            with console(self._target) as conn:
                self._conn = conn
                conn.execute(word("PAUSE", self._name).encode())
        except TargetUnavailable as away:
            self._said.append(away.message)

    def done(self, seconds: float) -> bool:
        """Whether it is paused within so many seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive() and not self._said

    @property
    def error(self) -> str:
        """What the console said against it."""
        return "; ".join(self._said)

    def leave(self) -> None:
        """Go back: clients are served again, whether it had come to the pause or not."""
        resume(self._target)
        if self._thread.is_alive() and self._conn is not None:
            with suppress(psycopg.Error, OSError):  # it would wait for ever
                _hang_up(self._conn)
        self._thread.join(1)


def _hang_up(conn: Console) -> None:
    """End the wait of the thread that reads from it."""
    with socket.socket(fileno=os.dup(conn.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)


def resume(target: Target) -> None:
    """Serve the clients again; harmless when they are."""
    name = name_of(target)
    with console(target) as conn:
        now = seen(conn, name)
        if now is not None and now.paused:
            conn.execute(word("RESUME", name).encode())


def serves(target: Target) -> bool:
    """Whether there is a PgBouncer that serves the database's clients now. Raises TargetUnavailable."""
    if target.pgbouncer is None:
        return False
    with console(target) as conn:
        now = seen(conn, name_of(target))
    return now is not None and not now.paused


@contextmanager
def paused(target: Target, *, patience: float = PATIENCE_SECONDS) -> Iterator[bool]:
    """Queries of the target's clients wait in PgBouncer for as long as the block lasts, and run afterwards.

    Yields whether they do: False without a PgBouncer in the settings. One that was paused before is left paused.
    Raises Refused when a transaction stays open longer than the patience; the clients are served again then.
    """
    if target.pgbouncer is None:
        yield False
        return
    with console(target) as conn:
        before = seen(conn, name_of(target))
    if before is None or before.paused:
        yield before is not None
        return
    pause = Pause(target)
    try:
        if not pause.done(patience):
            why = pause.error or "a transaction of a client has not ended"
            raise Refused(f"PgBouncer could not pause {name_of(target)} within {patience:g} s: {why}",
                          hint="End the idle transaction, or try again; its clients are served as before.")  # fmt: skip
        yield True
    finally:
        pause.leave()
