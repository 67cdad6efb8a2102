"""One item's turn: looked at again, carried out with short waits and some patience, and looked at afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

import psycopg

from fireline import redact
from fireline.postgres import disk
from fireline.postgres.cancel import Cancel, StatementFailed
from fireline.postgres.connect import Connection
from fireline.resolve.upkeep import indexes, numbers
from fireline.resolve.upkeep.item import Item
from fireline.resolve.upkeep.reading import Q, held_by, waits_for
from fireline.resolve.upkeep.watch import Watch

LOCK_WAIT = timedelta(milliseconds=300)  # shorter than deadlock_timeout, so that no autovacuum is chased away
REBUILD_WAIT = timedelta(seconds=1)  # a rebuild waits for transactions, and nobody waits behind it meanwhile
LOOK = timedelta(seconds=5)
TRIES = 4
_PAUSE_SECONDS = 0.5
_CROWDED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_LOCK_TAKEN = "55P03"

State = Literal["done", "not needed", "skipped", "failed", "stopped", "not begun"]


@dataclass(frozen=True)
class Done:
    """What became of one item."""

    item: Item
    state: State
    note: str = ""
    ms: int = 0
    tries: int = 0
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    def json(self) -> dict[str, Any]:
        """As a fact of the outcome."""
        return {
            "what": self.item.what,
            "statement": self.item.statement,
            "state": self.state,
            "note": self.note,
            "ms": self.ms,
            "tries": self.tries,
            "before": self.before,
            "after": self.after,
            "changed": numbers.told(self.item, self.before, self.after) if self.state == "done" else "",
        }


@dataclass
class Limits:
    """How long all of it may take, how far a standby may fall behind, and what was said at planning."""

    seconds: float
    most_lag: int
    patience: float
    disk_free: int | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - (time.monotonic() - self.began)


@dataclass
class Turn:
    """What an item's turn needs: two connections, one to work and one to watch with, and all that may end it."""

    conn: Connection
    eyes: Connection
    watch: Watch
    limits: Limits
    cancel: Cancel

    def over(self) -> str:
        """Why nothing more is begun, or an empty text."""
        if self.conn.closed:
            return "the connection was lost"
        if self.cancel.asked:
            return "it was stopped"
        if self.limits.left <= 0:
            return f"the time limit of {self.limits.seconds:g} s was reached"
        if self.watch.reason is None:
            self.watch.check()
        return self.watch.reason or ""

    def take(self, item: Item) -> Done:
        """Look once more, run it, look what it did."""
        if why := self.over():
            return Done(item, "not begun", why)
        before = numbers.now(self.conn, item)
        if numbers.done(item, before):
            return Done(item, "not needed", "it is gone" if before is None else "somebody was quicker", before=before)
        if (hindered := self._hindered(item)) is not None:
            return Done(item, "skipped", hindered, before=before)
        began = time.monotonic()
        state, note, tries = self._run(item)
        if self.conn.closed:
            return Done(item, state, note, _ms(began), tries, before)
        if item.kind == "reindex" and state != "done":
            note = "; ".join(part for part in (note, self._clean(item)) if part)
        after = numbers.now(self.conn, item)
        if state == "done" and not numbers.done(item, after):
            state, note = "failed", "the server took it, and it has changed nothing"
        return Done(item, state, note, _ms(began), tries, before, after)

    def _hindered(self, item: Item) -> str | None:
        """What has come in the way since it was planned."""
        ours = (self.eyes.info.backend_pid,)
        if item.kind == "freeze" or (item.kind == "vacuum" and item.before["dead"] > 0):
            held = held_by(self.conn, self.limits.patience, ours)
            return f"{held} from being removed" if held else None
        if item.kind != "reindex":
            return None
        free = disk.free_bytes(self.conn, item.folder) if self.limits.disk_free is None else self.limits.disk_free
        return waits_for(self.conn, self.limits.patience, ours) or indexes.no_room(replace(item, free=free))

    def _run(self, item: Item) -> tuple[State, str, int]:
        """The statement, again after a pause when a lock was taken."""
        note = ""
        for tries in range(1, TRIES + 1):
            if tries > 1:
                time.sleep(_PAUSE_SECONDS)
            if why := self.over():
                return "stopped", why, tries - 1
            try:
                if not self._once(item):
                    return "done", "", tries
                note = "another session holds its lock"
            except _CROWDED as busy:
                note = _said(busy)
                if item.kind == "reindex":
                    self._clean(item)
            except (psycopg.errors.QueryCanceled, StatementFailed):
                return "stopped", self.over() or "its time was up", tries
            except psycopg.Error as wrong:
                lost = "the connection was lost: " if self.conn.closed else ""
                return "failed", f"{lost}{_said(wrong)}", tries
        return "skipped", f"{note}, {TRIES} times", TRIES

    def _once(self, item: Item) -> bool:
        """Run it once; whether the server skipped it because of a lock, which is no error to it."""
        wait = REBUILD_WAIT if item.kind in ("reindex", "drop") else LOCK_WAIT
        self.conn.execute(f"SET lock_timeout = {int(wait.total_seconds() * 1000)}".encode())
        self.conn.execute(f"SET statement_timeout = {max(int(self.limits.left * 1000), 1)}".encode())
        with _notices(self.conn) as notices, self.cancel.over(self.conn), self.watch.over():
            self.conn.execute(item.statement.encode())
        return _LOCK_TAKEN in notices

    def _clean(self, item: Item) -> str:
        """Drop what a rebuild that did not end has left; what can not be dropped now the next plan finds."""
        self.conn.execute(f"SET statement_timeout = {int(LOOK.total_seconds() * 1000)}".encode())
        for left in self.conn.execute(Q["leftovers"], {"table": item.table_oid}).fetchall():
            with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
                self.conn.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {left['name']}".encode())
        rest = self.conn.execute(Q["leftovers"], {"table": item.table_oid}).fetchall()
        return f"{rest[0]['name']} is left of it, and the next run drops it" if rest else ""


@contextmanager
def _notices(conn: Connection) -> Iterator[list[str]]:
    """The codes of what the server says beside its answer; its words may be in any language."""
    said: list[str] = []

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        said.append(diagnostic.sqlstate or "")

    conn.add_notice_handler(hear)
    try:
        yield said
    finally:
        conn.remove_notice_handler(hear)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _said(error: psycopg.Error) -> str:
    words = (error.diag.message_primary or str(error)).strip().splitlines()[0]
    return redact.text(f"{words}: {error.diag.message_detail}" if error.diag.message_detail else words)
