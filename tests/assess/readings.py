"""Readings of a server, made up; the same ones that checks make from a real one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.assess.checks.databases import Database, Databases
from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.checks.settings import Setting, Settings
from fireline.assess.checks.space import Space, Tablespace
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.checks.wal import Archiver, Checkpoints, Slot, Wal
from fireline.assess.snapshot import LockReading, Server, Session, Snapshot
from fireline.postgres.disk import Room

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
GB = 2**30


def settings(**values: object) -> Settings:
    """Settings with these values, in the units of the server."""
    made = {"max_connections": 100, "superuser_reserved_connections": 3, "max_wal_size": 1024, "autovacuum_freeze_max_age": 200_000_000} | values  # fmt: skip
    return Settings({n: Setting(n, str(v), None, "default", None, None, None, None, False) for n, v in made.items()})


def sessions(count: int) -> LockReading:
    """So many idle sessions of clients."""
    idle = Session(
        1, AT, "client backend", "web", "app", "web", None, "idle", None, None, None, AT, AT, None, "SELECT 1"
    )
    return LockReading(AT, {pid: replace(idle, pid=pid) for pid in range(1, count + 1)})


def database(**changed: Any) -> Databases:
    """One database, up for ten days."""
    made = Database(
        5, "app", "owner", False, True, -1, 1000, 10, 3, 50_000, 10, 0, 0, 0, 0, 990_000, 10_000, 0, None, 0, None,
        None, None, None, None, None, None,
    )  # fmt: skip
    return Databases(AT, "app", AT - timedelta(days=10), {"app": replace(made, **changed)})


def space(free: int, total: int = 50 * GB) -> Space:
    """One disk for everything."""
    room = Room(total, free, None)
    return Space(AT, "/data", True, (Tablespace(1663, "pg_default", "", True, room),), room)


def wal(position: int = 0, *, seconds: float = 0.0, **slot: Any) -> Wal:
    """The log at a moment, with one inactive slot if anything is said of it."""
    empty = Slot("reader", "physical", None, None, False, False, None, None, None, 0, "extended", None, None, None)
    archiver, checkpoints = Archiver(0, None, None, 0, None, None, None), Checkpoints(1, 0, 0, 0, None)
    slots = (replace(empty, **slot),) if slot else ()
    return Wal(
        at=AT + timedelta(seconds=seconds), standby=False, position=position, slots=slots, archiver=archiver,
        checkpoints=checkpoints, files=3, size=48 * 2**20, past=0, ready=0,
    )  # fmt: skip


def sequence(last: int | None, most: int = 2**31 - 1, **changed: Any) -> Sequences:
    """One sequence that began at 1."""
    return Sequences((replace(Sequence(1, "public", "ids", "integer", 1, 1, most, False, last), **changed),))


def snapshot(*readings: tuple[str, Any]) -> Snapshot:
    """A look that read these things, in this order; a healthy server for the rest."""
    made: dict[str, tuple[Any, ...]] = {
        "settings": (settings(),), "locks": (sessions(5),), "databases": (database(),), "space": (space(40 * GB),),
        "wal": (wal(),), "tables": (Tables((Table(1, "public", "orders", live=1000),)),), "sequences": (sequence(10),),
    }  # fmt: skip
    given: dict[str, tuple[Any, ...]] = {}
    for name, reading in readings:
        given[name] = (*given.get(name, ()), reading)
    return Snapshot("main", AT, Server("18.0", 180000, "app", "ann", standby=False), made | given)
