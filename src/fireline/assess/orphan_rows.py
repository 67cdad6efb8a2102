"""Count the rows of one foreign key that refer to nothing, under one snapshot; what an index says is asked of the table again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from fireline import redact
from fireline.assess import foreign_keys
from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.postgres.connect import Connection

_MS = timedelta(milliseconds=1)
_LEAST_MS = 50
_NOTHING: dict[str, Any] = {"orphans": 0, "samples": []}


@dataclass(frozen=True)
class Sample:
    """One row that refers to nothing: its table (a partition, perhaps), its place, its key."""

    table: str
    ctid: str
    key: tuple[str | None, ...]


@dataclass(frozen=True)
class Counted:
    """What became of one key. orphans: None when it could not be counted, and `because` says why.

    halves: rows that MATCH FULL forbids, as some of their columns are null and some are not.
    lost: rows that the indexes call orphans while the table has their parent; hidden: the reverse. Either is an index that lies.
    """

    key: ForeignKey
    orphans: int | None = None
    samples: tuple[Sample, ...] = ()
    halves: int = 0
    lost: int = 0
    hidden: int = 0
    plan: str = ""
    ms: int = 0
    because: str = ""

    @property
    def broken(self) -> int:
        """Rows that break the key."""
        return (self.orphans or 0) + self.halves


def count(conn: Connection, key: ForeignKey, *, limit: timedelta, memory_mb: int = foreign_keys.MEMORY_MB) -> Counted:
    """Count them within a time limit, in a transaction of its own that is rolled back; other faults than of the connection are told."""
    began = time.monotonic()
    plan = foreign_keys.plan_for(key, memory_mb)
    try:
        found = _Reading(conn, limit, memory_mb).count(key, plan)
    except psycopg.Error as fault:
        if conn.closed:
            raise
        found = Counted(key, because=why(fault))
    finally:
        if not conn.closed:
            conn.rollback()
    return Counted(**{**vars(found), "plan": plan, "ms": round((time.monotonic() - began) * 1000)})


def why(fault: psycopg.Error) -> str:
    """Why something could not be read, in words."""
    told = fault.diag.message_primary or str(fault).strip().splitlines()[0]
    if isinstance(fault, psycopg.errors.LockNotAvailable):
        return "somebody has locked the table, and nobody should wait behind us"
    if isinstance(fault, psycopg.errors.QueryCanceled):
        return "the time limit was reached" if "statement timeout" in told else "it was cancelled"
    if "row-level security" in told:
        return "our role is shown only the rows that a policy lets it see"
    return redact.text(told)


class _Reading:
    """One transaction, with what is left of its time."""

    def __init__(self, conn: Connection, limit: timedelta, memory_mb: int) -> None:
        self.conn, self.memory_mb = conn, memory_mb
        self.end = time.monotonic() + limit.total_seconds()
        conn.rollback()
        # two statements that are compared must see the same rows
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def count(self, key: ForeignKey, plan: foreign_keys.Plan) -> Counted:
        self._set(foreign_keys.settings_for(plan, self.memory_mb))
        halves = foreign_keys.half_null_statement(key)
        first = int(self._row(foreign_keys.count_statement(key))["orphans"])
        found = _NOTHING
        if first:
            self._set(foreign_keys.heap_settings(self.memory_mb) if plan != "rows" else ())
            found = self._row(foreign_keys.rows_statement(key))
        difference = first - found["orphans"]
        half = self._row(halves) if halves else _NOTHING
        return Counted(
            key,
            found["orphans"],
            tuple(_sample(one) for one in (*found["samples"], *half["samples"]))[: foreign_keys.SAMPLES],
            half["orphans"],
            lost=max(difference, 0),
            hidden=max(-difference, 0),
        )

    def _set(self, settings: tuple[str, ...]) -> None:
        for one in settings:
            self.conn.execute(one.encode())

    def _row(self, statement: str) -> dict[str, Any]:
        left = max(round((self.end - time.monotonic()) * 1000), _LEAST_MS)
        self.conn.execute(f"SET LOCAL statement_timeout = {left}".encode())
        row = self.conn.execute(statement.encode()).fetchone()
        assert row is not None
        return row


def _sample(one: dict[str, Any]) -> Sample:
    key = tuple(None if value is None else redact.text(value) for value in one["key"])
    return Sample(one["table"], one["ctid"], key)
