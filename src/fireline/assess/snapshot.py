"""What one look at a target saw, as plain frozen data: filled by the checks, judged by the causes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fireline.postgres.connect import Connection


@dataclass(frozen=True)
class Server:
    """Which server was looked at, and as whom."""

    version: str  # as PostgreSQL prints it: 18.6
    number: int  # 180006
    database: str
    role: str
    standby: bool


@dataclass(frozen=True)
class Session:
    """One server process, as pg_stat_activity shows it. `hidden`: our role may not see what it does."""

    pid: int
    backend_start: datetime | None
    kind: str | None  # client backend, autovacuum worker …
    user: str | None
    database: str | None
    application: str
    client: str | None  # address; None is the local socket
    state: str | None
    wait_type: str | None
    wait: str | None
    xact_start: datetime | None
    query_start: datetime | None
    state_change: datetime | None
    xid: str | None  # given out with its first write
    query: str  # without secrets, shortened
    hidden: bool = False

    @property
    def key(self) -> tuple[int, datetime | None, datetime | None]:
        """One transaction of one process: the number of a process is given out again, and a session begins anew."""
        return self.pid, self.backend_start, self.xact_start


@dataclass(frozen=True)
class Lock:
    """One line of pg_locks that somebody waits for, or whose holder somebody waits for."""

    pid: int | None  # None: of a prepared transaction
    kind: str  # relation, transactionid, tuple, virtualxid, advisory …
    thing: tuple[Any, ...]  # what is locked; the same for all who want the same
    relation: str | None  # its name, when it is of the database that was looked at
    own: bool  # the relation is a table of the team's, no index and no system table
    mode: str
    granted: bool
    since: datetime | None  # waiting since, from version 14 on
    virtual: str  # virtual transaction: leads from a lock to its prepared transaction
    transaction: str | None


@dataclass(frozen=True)
class Prepared:
    """One prepared transaction: it holds locks, and no session does."""

    transaction: str
    gid: str
    at: datetime
    owner: str
    database: str


@dataclass(frozen=True)
class LockReading:
    """Who was there and who waited for whom, at one moment."""

    at: datetime
    sessions: dict[int, Session] = field(default_factory=dict)
    blocked: dict[int, tuple[int, ...]] = field(default_factory=dict)  # waiting pid -> pids it waits for; 0 is prepared
    locks: tuple[Lock, ...] = ()
    prepared: dict[str, Prepared] = field(default_factory=dict)  # by transaction
    hidden: int = 0  # sessions of others that our role may not see


@dataclass(frozen=True)
class Progress:
    """How far a maintenance command is."""

    pid: int
    command: str
    phase: str
    done: int
    total: int


@dataclass(frozen=True)
class Replication:
    """Whom commits wait for, and who is connected to be waited for."""

    names: str  # synchronous_standby_names
    source: str  # where that setting comes from
    standbys: tuple[tuple[str, str, str], ...] = ()  # application, state, sync_state


@dataclass(frozen=True)
class Snapshot:
    """One look. `readings` by name of the check, oldest first; what could not be seen is in `unknown`, with the reason."""

    target: str
    taken_at: datetime
    server: Server | None
    readings: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    ms: int = 0

    @property
    def locks(self) -> tuple[LockReading, ...]:
        """The samples of the check `locks`."""
        return self.readings.get("locks", ())

    @property
    def progress(self) -> dict[int, Progress]:
        """Maintenance under way, by pid."""
        readings = self.readings.get("progress", ())
        return {one.pid: one for one in readings[-1]} if readings else {}


@dataclass(frozen=True)
class Check:
    """One file on the shelf of checks: one thing that a look reads into the snapshot, in a read-only transaction.

    sampled: read in every sample, to tell what lasts from what passes. unsettled: whether one more sample would tell.
    blind: why a reading shows only a part, or None.
    """

    name: str
    read: Callable[[Connection], Any]
    sampled: bool = False
    unsettled: Callable[[tuple[Any, ...]], bool] | None = None
    blind: Callable[[Any], str | None] | None = None
