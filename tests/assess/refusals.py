"""Snapshots of shut doors, full slots and servers that are down, built by hand: for causes that are tested without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fireline.assess import complaint
from fireline.assess.checks.databases import Database, Databases
from fireline.assess.checks.door import Door
from fireline.assess.checks.hba import Hba, Rule
from fireline.assess.checks.log import Log, gathered
from fireline.assess.checks.roles import Role, Roles
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.snapshot import Asked, Lock, LockReading, Server, Session, Snapshot
from fireline.assess.verdict import Verdict
from fireline.errors import TargetUnavailable
from fireline.postgres.log_lines import Said
from fireline.postgres.log_tail import Tail
from fireline.postgres.machine import Control, Postmaster

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
SERVER = Server("18.1", 180001, "shop", "postgres", standby=False)


def ago(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def session(pid: int, user: str = "web", state: str = "idle", **more: Any) -> Session:
    """A client's session that has been in its state for five minutes."""
    known: dict[str, Any] = {
        "backend_start": ago(900), "kind": "client backend", "database": "shop", "application": "rails", "client": None,
        "wait_type": None, "wait": None, "xact_start": None, "query_start": ago(300), "state_change": ago(300), "xid": None,
        "query": "SELECT 1",
    }  # fmt: skip
    return Session(pid=pid, user=user, state=state, **{**known, **more})


def waiting(pid: int, user: str = "web") -> Session:
    """A session that waits for a lock."""
    return session(pid, user, "active", wait_type="Lock", wait="transactionid", xact_start=ago(200))


def locks(*sessions: Session, behind: int | None = None) -> tuple[LockReading, LockReading]:
    """Two samples alike; those that wait for a lock wait behind the session `behind`, for its transaction."""
    stuck = [one for one in sessions if one.wait_type == "Lock"]
    thing = ("transactionid", "777")
    held = (
        [Lock(behind, "transactionid", thing, None, False, "ExclusiveLock", True, None, f"{behind}/1", "777")]
        if behind
        else []
    )
    wanted = [
        Lock(one.pid, "transactionid", thing, None, own=False, mode="ShareLock", granted=False, since=ago(200), virtual=f"{one.pid}/1", transaction="777")
        for one in stuck
    ]  # fmt: skip
    reading = LockReading(
        AT,
        {one.pid: one for one in sessions},
        {one.pid: (behind,) for one in stuck} if behind else {},
        (*held, *wanted),
    )
    return replace(reading, at=AT - timedelta(seconds=0.25)), reading


def roles(*known: Role, slots: int = 100, taken: int = 10) -> Roles:
    return Roles(AT, {one.name: one for one in known}, slots, 3, taken)


def database(name: str = "shop", **more: Any) -> Database:
    numbers = [
        "oid",
        "frozen_age",
        "multixact_age",
        "backends",
        "commits",
        "rollbacks",
        "deadlocks",
        "conflicts",
        "temp_files",
        "temp_bytes",
        "blocks_hit",
        "blocks_read",
        "rows_deleted",
        "sessions",
        "abandoned",
        "fatal",
        "killed",
    ]
    known: dict[str, Any] = {
        **dict.fromkeys(numbers, 0), "name": name, "owner": "shop", "template": False, "allows": True, "limit": -1,
        "stats_reset": None, "checksum_failures": None, "checksum_failed_at": None, "active_ms": 0.0, "idle_in_transaction_ms": 0.0,
    }  # fmt: skip
    return Database(**{**known, **more})


def databases(*known: Database, at: datetime = AT) -> Databases:
    return Databases(
        at,
        "shop",
        ago(86400),
        {one.name: one for one in (*known, database("postgres"), database("template0", allows=False, template=True))},
    )


def said(severity: str, message: str, seconds: float = 60, **more: Any) -> Said:
    return Said(severity, message, ago(seconds), **more)


def log(*entries: Said) -> Log:
    """What these lines come to."""
    return gathered(Tail("/var/log/postgresql.log", "stderr", entries, whole=True), ago(900))


def hba(*rules: Rule, loaded: float = 3600) -> Hba:
    return Hba(ago(loaded), "/etc/pg_hba.conf", rules)


def files(
    state: str = "in production", *, alive: bool = False, process: str = "S", children: Sequence[str] = ()
) -> ServerFiles:
    """A server on this machine."""
    stopped = state == "shut down" and not alive
    master = (
        None
        if stopped
        else Postmaster(4711, alive, process if alive else "", ago(86400), 5432, "/tmp", "ready", tuple(children))
    )
    return ServerFiles(True, Path("/data/pg"), None, Path("/data/log"), master, Control("7", state, ago(600)))


def snap(symptom: str = "", **readings: Any) -> Snapshot:
    """A look that got in. A tuple is several samples of one check."""
    kept = {name: seen if isinstance(seen, tuple) else (seen,) for name, seen in readings.items()}
    return Snapshot("main", AT, SERVER, kept, asked=Asked(complaint.read(symptom)))


def away(
    kind: str, words: str, symptom: str = "", *, role: str = "web", base: str = "shop", **readings: Any
) -> Snapshot:
    """A look that was refused, with nothing but what this machine tells."""
    door = Door(kind, words, role, base, "", 5432, here=True)
    refused = TargetUnavailable(f"target main does not answer: {words}", kind=kind)
    return replace(snap(symptom, door=door, **readings), server=None, away=refused)


def the(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The only one, in good shape."""
    assert len(verdicts) == 1, verdicts
    one = verdicts[0]
    assert one.title.endswith(".")
    assert one.evidence
    assert one.rejected
    assert all(twin.cause != one.cause for twin in one.rejected)
    assert 0 < one.confidence <= 1
    assert one.remedy.text
    assert one.probe.sql
    return one


def facts(verdict: Verdict) -> str:
    """Its evidence as one text."""
    return "\n".join(one.fact for one in verdict.evidence)
