"""The session in which migrations are run: each answer is read to its end and thrown away, within limits of time and room.

A migration may be written to do harm: it may catch the cancelling of its statement, end its own session, send rows
without end, fill the disk. What is asked politely first is then ended by the server's superuser, and at last with the server.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict

from fireline import redact
from fireline.runbook.lint.database.refusal import Refusal, refusal

OWNER = "postgres"  # as whom migrations are run: the name that most of them expect
STATEMENT_SECONDS = 20
ALL_SECONDS = 240
ROOM = 4_000_000_000  # bytes that the server may take on disk
_GRACE = 2.0  # seconds from one means of ending a statement to the next harder one
_TICK = 0.5
_CHUNK = 65536
_LOST = "the session was ended"
_FATAL = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE)
# What a database's owner could have set for every session of it is set here, or they would die at once.
_OPTIONS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s", "lock_timeout": "5s", "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}  # fmt: skip


@dataclass(frozen=True)
class Scratch:
    """A server of our own. admin: URL of its superuser; owner: of the role without powers; kill: ends it at once."""

    admin: str
    owner: str
    folder: Path
    kill: Callable[[], None]


class Session:
    """The owner's session at the scratch server. over: why nothing more is run; None while there is time and room."""

    def __init__(self, server: Scratch, root: psycopg.Connection[Any]) -> None:
        self.server, self.root = server, root
        self.over: str | None = None
        self.ends = time.monotonic() + ALL_SECONDS
        self.lost = False  # since `fresh`, so that what the session held is gone
        self._looked = 0.0
        self.conn = self._open()

    def close(self) -> None:
        """Let go of the server."""
        self.conn.close()

    def fresh(self) -> None:
        """Between two files nothing of the session stays."""
        idle = not self.conn.closed and self.conn.pgconn.transaction_status == pq.TransactionStatus.IDLE
        if not self.over and (not idle or self.say(b"DISCARD ALL") is not None):
            self._again()
        self.lost = False

    def say(self, text: bytes, data: bytes | None = None) -> Refusal | None:
        """Run one statement, with its rows where it is COPY … FROM stdin; None when the server took it."""
        if self.conn.closed and not self.over:
            self._again()
        if ended := self._ended():
            return ended
        force = iter(
            [(STATEMENT_SECONDS + _GRACE, self._cancel), (STATEMENT_SECONDS + 2 * _GRACE, self._terminate),
             (STATEMENT_SECONDS + 4 * _GRACE, self._kill)]
        )  # fmt: skip
        self._begun, self._force, self._next = time.monotonic(), force, next(force, None)
        refused: Refusal | None = None
        try:
            refused = self._answered(text, data)
        except psycopg.Error as error:
            refused = Refusal("", _words(error), None, None)
            self.conn.close()
        if self.conn.pgconn.status != pq.ConnStatus.OK or self.conn.closed:
            self.conn.close()
            self.lost = True
            refused = refused or Refusal("", _LOST, None, None)
        return self._ended() or refused

    def _ended(self) -> Refusal | None:
        return Refusal("57014", self.over, None, None) if self.over else None

    def _answered(self, text: bytes, data: bytes | None) -> Refusal | None:
        """What the server refuses; rows come one by one, and none is kept."""
        line = self.conn.pgconn
        line.send_query(text)
        line.set_single_row_mode()
        refused: Refusal | None = None
        while True:
            self._wait()
            result = line.get_result()
            if result is None:
                return refused
            if result.status in _FATAL:
                refused = refused or refusal(result)
            elif result.status == pq.ExecStatus.COPY_IN:
                self._feed(data)
            elif result.status == pq.ExecStatus.COPY_OUT:
                self._drain()

    def _wait(self) -> None:
        """Until there is an answer; meanwhile see to the limits."""
        line = self.conn.pgconn
        while True:
            unsent = line.flush()
            if not unsent and not line.is_busy():
                return
            self._ready(writing=bool(unsent))

    def _ready(self, *, writing: bool = False) -> None:
        line = self.conn.pgconn
        poll = select.poll()
        poll.register(line.socket, select.POLLIN | (select.POLLOUT if writing else 0))
        poll.poll(_TICK * 1000)
        line.consume_input()
        self._limits()

    def _feed(self, data: bytes | None) -> None:
        line = self.conn.pgconn
        for at in range(0, len(data or b""), _CHUNK):
            while line.put_copy_data((data or b"")[at : at + _CHUNK]) == 0:
                self._ready(writing=True)
        while line.put_copy_end(None if data is not None else b"its rows are not in the file") == 0:
            self._ready(writing=True)

    def _drain(self) -> None:
        line = self.conn.pgconn
        while True:
            size, _ = line.get_copy_data(1)
            if size < 0:
                return
            if size == 0:
                self._ready()
            else:
                self._limits()

    def _limits(self) -> None:
        now = time.monotonic()
        if not self.over and now > self.ends:
            self.over = "the time for it was over"
            self._terminate()
        if now - self._looked > _TICK:
            self._looked = now
            if not self.over and _size(self.server.folder) > ROOM:
                self.over = "the room for it was full"
                self._terminate()
        if self._next is not None and now - self._begun > self._next[0]:
            means, self._next = self._next[1], next(self._force, None)
            means()

    def _cancel(self) -> None:
        self._signal("pg_cancel_backend")

    def _terminate(self) -> None:
        self._signal("pg_terminate_backend")

    def _signal(self, name: str) -> None:
        with suppress(psycopg.Error):  # a root that is lost: the server is next
            command = sql.SQL("SELECT pg_catalog.{}({})").format(
                sql.Identifier(name), sql.Literal(self.conn.pgconn.backend_pid)
            )
            self.root.execute(command)

    def _kill(self) -> None:
        self.over = self.over or "a statement could not be ended"
        self.server.kill()

    def _again(self) -> None:
        """A new session, whatever became of the role that opens it."""
        self.conn.close()
        self.lost = True
        try:
            word = sql.Literal(str(conninfo_to_dict(self.server.owner)["password"]))
            change = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {} CONNECTION LIMIT -1 VALID UNTIL 'infinity'")
            self.root.execute(change.format(sql.Identifier(OWNER), word))
            self.conn = self._open()
        except psycopg.Error:
            self.over = "the scratch server lets nobody in any more"

    def _open(self) -> psycopg.Connection[Any]:
        options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
        return psycopg.connect(self.server.owner, autocommit=True, options=options, connect_timeout=10)


def _words(error: psycopg.Error) -> str:
    said = str(error).removeprefix("consuming input failed: ").strip()
    return redact.text(said.splitlines()[0]) if said else _LOST


def _size(folder: Path) -> int:
    """Bytes of the files below a folder, as far as they are still there."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - thousands of files, twice a second
    return total
