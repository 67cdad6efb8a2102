"""Rows that refer to nothing: counted key by key, the likeliest first, in the time there is; read only when asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys
from fireline.assess.complaint import Complaint
from fireline.assess.orphan_rows import Counted, count, why
from fireline.assess.snapshot import Check, Snapshot
from fireline.assess.undeclared import Undeclared, propose
from fireline.postgres.connect import Connection

_ABOUT = ("orphans", "duplicate", "lost", "corrupt")
_BRIEFLY, _DEEPLY = 0.4, 40.0  # seconds
_MEMORY_MB = 64
_LEAST_SECONDS = 0.05


@dataclass(frozen=True)
class Orphans:
    """What was counted. undeclared: keys that nobody declared, with what was counted of them; `because`: why these are not known."""

    counted: tuple[Counted, ...] = ()
    undeclared: tuple[tuple[Undeclared, Counted], ...] = ()
    because: str = ""

    @property
    def unknown(self) -> tuple[Counted, ...]:
        """Declared keys that could not be counted."""
        return tuple(one for one in self.counted if one.orphans is None)

    def of(self, oid: int) -> Counted | None:
        """What was counted of a declared key."""
        return next((one for one in self.counted if one.key.oid == oid), None)


def wanted(sofar: Snapshot) -> bool:
    """When the complaint is about rows that are there or not, or a key is seen that does not hold."""
    return sofar.asked.deep or sofar.complaint.about(*_ABOUT) or bool(_suspects(sofar))


def _suspects(sofar: Snapshot) -> list[ForeignKey]:
    """Keys that the catalog says can not be trusted."""
    seen = sofar.last("foreign_keys", ForeignKeys)
    if seen is None:
        return []
    return [key for key in seen.keys if key.enforced and (not key.validated or seen.disabled_of(key))]


def read(conn: Connection, sofar: Snapshot) -> Orphans:
    """Count the suspects, then, when asked, all others, then what is not declared."""
    deep = sofar.asked.deep
    end = time.monotonic() + (_DEEPLY if deep else _BRIEFLY)
    suspects = _suspects(sofar)
    seen = sofar.last("foreign_keys", ForeignKeys)
    asked = deep or sofar.complaint.about(*_ABOUT)
    doubtful = {one.oid for one in suspects}
    keys = sorted(seen.keys, key=lambda one: _risk(sofar.complaint, one, doubtful)) if asked and seen else suspects
    counted = [_count(conn, key, end) for key in keys]
    if not (deep or sofar.complaint.about("orphans")):
        return Orphans(tuple(counted))
    try:
        return Orphans(tuple(counted), _undeclared(conn, end))
    except psycopg.Error as fault:
        if conn.closed:
            raise
        return Orphans(tuple(counted), because=why(fault))


def _risk(complaint: Complaint, key: ForeignKey, suspects: set[int]) -> tuple[bool, bool, int]:
    names = (bare(one) for one in (key.name, key.child, key.parent))
    return key.oid not in suspects, not complaint.mentions(*names), key.child_size.pages


def bare(name: str) -> str:
    """A name without its schema and quotes."""
    return name.rpartition(".")[2].strip('"')


def _count(conn: Connection, key: ForeignKey, end: float) -> Counted:
    left = end - time.monotonic()
    if left < _LEAST_SECONDS:
        return Counted(key, because="there was no time left for it")
    return count(conn, key, limit=timedelta(seconds=left), memory_mb=_MEMORY_MB)


def _undeclared(conn: Connection, end: float) -> tuple[tuple[Undeclared, Counted], ...]:
    left = max(round((end - time.monotonic()) * 1000), 50)
    conn.execute(f"SET LOCAL statement_timeout = {left}".encode())
    found = propose(conn)
    return tuple((one, _count(conn, one.key, end)) for one in found)


def blind(reading: Orphans) -> str | None:
    """Which keys were not counted."""
    left = reading.unknown
    if not left:
        return f"could not look for undeclared keys: {reading.because}" if reading.because else None
    return f"could not count {len(left)} of {len(reading.counted)} foreign keys, such as {left[0].key.title}: {left[0].because}"


check = Check("orphans", read, wanted=wanted, blind=blind)
