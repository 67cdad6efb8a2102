"""What one look at a target saw, as plain frozen data: filled by the checks, judged by the causes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from fireline.assess.complaint import Complaint
from fireline.assess.past import Past
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Connection, Target

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What a look is asked: the complaint that led to it, and how far it may go.

    since: how far back the log is read. log_file: the server's log, where it can not be found by itself.
    deep: also read the team's tables (with a weak lock, a lock limit and a time limit), whatever the complaint is about.
    past: what earlier looks saw, where somebody kept it; no part of the question.
    start: when what is looked into began; errors in the log are counted before and since. search: a regular
    expression that lines of the log are to match.
    """

    complaint: Complaint = field(default_factory=Complaint)
    since: timedelta = timedelta(minutes=15)
    log_file: Path | None = None
    deep: bool = False
    past: Past | None = field(default=None, compare=False, repr=False)
    start: datetime | None = field(default=None, compare=False)  # compared not: incidents share their looks
    search: str = ""


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
    asked: Asked = field(default_factory=Asked)
    away: TargetUnavailable | None = (
        None  # why the target refused, or was lost; without `through` only this machine was read
    )
    through: str | None = None  # by which other way the checks were read then
    tried: tuple[str, ...] = ()  # every other way that was tried, with what came of it
    at: Target | None = field(default=None, repr=False, compare=False)  # whom was asked

    @property
    def complaint(self) -> Complaint:
        """What led to the look; empty when nothing did."""
        return self.asked.complaint

    def last(self, check: str, kind: type[T]) -> T | None:
        """The newest reading of a check; None when it could not be read."""
        seen = self.readings.get(check, ())
        assert not seen or isinstance(seen[-1], kind), f"the check {check} reads {type(seen[-1])}"
        return seen[-1] if seen else None

    def all(self, check: str, kind: type[T]) -> tuple[T, ...]:
        """Every reading of a check, oldest first."""
        seen = self.readings.get(check, ())
        assert all(isinstance(one, kind) for one in seen), f"the check {check} reads something else"
        return seen

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

    read: given the connection and what was read so far (only a check with `wanted` may count on that).
    sampled: read in every sample, to tell what lasts from what passes. unsettled: whether one more sample would tell.
    blind: why a reading shows only a part, or None.
    wanted: read behind all others, and only when what they saw and the complaint ask for it; may read the team's
    tables then, briefly. None: read in every look, and takes no lock on anybody's table.
    away: read when there is no connection, from this machine alone; None when it has nothing to say then.
    """

    name: str
    read: Callable[[Connection, Snapshot], Any] | None
    sampled: bool = False
    unsettled: Callable[[tuple[Any, ...]], bool] | None = None
    blind: Callable[[Any], str | None] | None = None
    wanted: Callable[[Snapshot], bool] | None = None
    away: Callable[[Target, Snapshot], Any] | None = None
