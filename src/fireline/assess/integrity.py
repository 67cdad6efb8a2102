"""The whole of a database's integrity, table by table and read-only: foreign keys, what switches them off, indexes, double keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from fireline import clock
from fireline.assess import constraint_flags, index_proof
from fireline.assess.checked_keys import Checked
from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys, foreign_keys
from fireline.assess.giving_way import Way, giving_way
from fireline.assess.integrity_told import findings, index_told, key_told, keys_unknown, proposal
from fireline.assess.orphan_rows import Counted, count, why
from fireline.assess.undeclared import propose
from fireline.errors import NotFound
from fireline.postgres.connect import Connection, Target, connect, identity

LIMIT = timedelta(minutes=10)
_LOCK_LIMIT = timedelta(milliseconds=500)
_ALL = 100_000
_LEAST_SECONDS = 0.1
_NO_TIME = "the time limit was reached before it"
_GAVE_WAY = "somebody waited for the table, so its check gave way"


@dataclass(frozen=True)
class Wanted:
    """What is to be checked. constraint: this key alone, `name` or `table.name`. deep: also every index, and unique keys twice."""

    constraint: str | None = None
    limit: timedelta = LIMIT
    deep: bool = False


@dataclass
class Progress:
    """Who is told how far it is: `begun` with the keys there are, `next` before one with its rows, `done` after it."""

    begun: Callable[[int, float], None] = lambda keys, rows: None
    next: Callable[[str], None] = lambda title: None
    done: Callable[[float], None] = lambda rows: None


def examine(target: Target, wanted: Wanted, checked: Callable[[str], Checked], progress: Progress) -> dict[str, Any]:
    """Check it, as the JSON of `fireline integrity`. checked: what is known already of a database, given its identity.

    Raises NotFound for a constraint that is not there, TargetUnavailable.
    """
    began, at = time.monotonic(), clock.now()
    with connect(target, statement_timeout=wanted.limit, lock_timeout=_LOCK_LIMIT) as conn:
        conn.read_only = True
        server = identity(conn)
        database = f"{server.system_identifier} {conn.info.dbname}"
        known = foreign_keys(conn, _ALL)
        told: dict[str, Any] = {
            "target": target.name,
            "database": conn.info.dbname,
            "server_version": conn.info.parameter_status("server_version"),
            "taken_at": at,
            "limit_s": wanted.limit.total_seconds(),
        }
        flags = _flags(conn, known) if wanted.constraint is None else {}
        before = checked(database)
        with giving_way(target, conn) as way:
            whole = _Examination(conn, wanted, known, before, way, began + wanted.limit.total_seconds())
            told["foreign_keys"] = list(whole.keys(progress))
            told |= flags
            if wanted.constraint is None:
                told["undeclared"] = whole.undeclared()
            if wanted.deep:
                told |= whole.indexes()
    told["unknown"] = [*keys_unknown(told["foreign_keys"]), *whole.unknown]
    told["findings"] = findings(told)
    return told | {"duration_ms": round((time.monotonic() - began) * 1000)}


class _Examination:
    """One pass, within its time."""

    def __init__(
        self, conn: Connection, wanted: Wanted, known: ForeignKeys, checked: Checked, way: Way, end: float
    ) -> None:
        self.conn, self.wanted, self.known, self.checked, self.way, self.end = conn, wanted, known, checked, way, end
        self.unknown: list[dict[str, str]] = []
        self.amcheck, self.no_amcheck = index_proof.amcheck(conn)
        self.proofs: dict[int, tuple[str, str]] = {}  # of parents' indexes

    @property
    def left(self) -> float:
        """Seconds."""
        return self.end - time.monotonic()

    def keys(self, progress: Progress) -> Iterator[dict[str, Any]]:
        """Each key: those that the catalog speaks against first, then the small ones, so that most are done in time."""
        chosen = sorted(_chosen(self.known, self.wanted.constraint), key=self._risk)
        progress.begun(len(chosen), sum(_rows(key) for key in chosen))
        again = []
        for key in chosen:
            progress.next(key.title)
            told = self._key(key)
            if told["because"] == _GAVE_WAY:
                again.append(key)
                continue
            progress.done(_rows(key))
            yield told
        for key in again:  # whoever waited may be through
            progress.next(key.title)
            yield self._key(key)
            progress.done(_rows(key))

    def _risk(self, key: ForeignKey) -> tuple[bool, int, int]:
        return key.validated and not self.known.disabled_of(key), key.child_size.pages, key.oid

    def _key(self, key: ForeignKey) -> dict[str, Any]:
        before = self.checked.get(key)
        if before is not None:
            return before
        if self.left < _LEAST_SECONDS:
            return key_told(key, Counted(key, because=_NO_TIME), ("unknown", _NO_TIME))
        proof = self._parent(key)
        found = self._count(key)
        told = key_told(key, found, proof)
        if told["state"] != "unknown":
            self.checked.add(key, told)
        return told

    def _parent(self, key: ForeignKey) -> tuple[str, str]:
        """Whether the parent's index holds every parent: proved once, for all keys that refer to it."""
        oid = key.parent_index_oid
        if oid is None or key.parent_kind == "p":
            return "unknown", "the parent is partitioned" if oid else "the parent has no usable index"
        if self.amcheck is None:
            return "unknown", self.no_amcheck
        if oid not in self.proofs:
            self._time()
            self.proofs[oid] = index_proof.by_amcheck(self.conn, self.amcheck, oid)
            self.conn.rollback()
        return self.proofs[oid]

    def _count(self, key: ForeignKey) -> Counted:
        self.way.given = False
        found = count(self.conn, key, limit=timedelta(seconds=max(self.left, _LEAST_SECONDS)))
        if found.orphans is None and self.way.given:
            return Counted(key, plan=found.plan, ms=found.ms, because=_GAVE_WAY)
        return found

    def _time(self) -> None:
        left = max(round(self.left * 1000), 100)
        self.conn.execute(f"SET LOCAL statement_timeout = {left}".encode())

    def undeclared(self) -> list[dict[str, Any]]:
        """Proposals, as far as there is time."""
        what = "undeclared foreign keys"
        if self.left < _LEAST_SECONDS:
            self.unknown.append({"what": what, "because": _NO_TIME})
            return []
        try:
            self._time()
            return [proposal(one) for one in propose(self.conn)]
        except psycopg.Error as fault:
            if self.conn.closed:
                raise
            self.unknown.append({"what": what, "because": why(fault)})
            return []
        finally:
            if not self.conn.closed:
                self.conn.rollback()

    def indexes(self) -> dict[str, Any]:
        """Every btree index proved, every unique one read for keys that are there twice."""
        broken, twice = [], []
        for index in index_proof.indexes(self.conn, _ALL)[0]:
            if self.left < _LEAST_SECONDS:
                self.unknown.append({"what": f"index {index.name}", "because": _NO_TIME})
                continue
            self._time()
            proof = index_proof.prove(self.conn, index, self.amcheck)
            proof = index_proof.distinct(self.conn, proof) if index.unique else proof
            self.conn.rollback()
            if proof.state == "unknown":
                self.unknown.append({"what": f"index {index.name}", "because": proof.because})
            if proof.state == "broken":
                broken.append(index_told(proof))
            if proof.twice:
                twice.append(
                    {"index": index.name, "table": index.table, "keys": proof.twice, "samples": list(proof.pairs)}
                )
        return {"broken_indexes": broken, "duplicate_keys": twice}


def _flags(conn: Connection, known: ForeignKeys) -> dict[str, Any]:
    """What the catalogs alone tell."""
    told = {
        "unvalidated": constraint_flags.unvalidated(conn),
        "disabled_triggers": [
            {"name": one.name, "table": one.relation, "state": one.state, "foreign_key": _title(known, one.constraint)}
            for one in known.disabled
        ],
        "invalid_indexes": constraint_flags.invalid_indexes(conn),
    }
    conn.rollback()
    return told


def _title(known: ForeignKeys, constraint: int | None) -> str | None:
    key = known.key(constraint) if constraint else None
    return key.title if key else None


def _chosen(known: ForeignKeys, constraint: str | None) -> list[ForeignKey]:
    if constraint is None:
        return list(known.keys)
    plain = constraint.replace('"', "")
    found = [one for one in known.keys if plain in _names(one)]
    if not found:
        near = ", ".join(one.name for one in known.keys[:5]) or "none"
        raise NotFound(f"no foreign key {constraint!r}", hint=f"There are {known.total}, such as: {near}.")
    return found


def _names(key: ForeignKey) -> set[str]:
    table = key.child.replace('"', "")
    return {key.name, f"{table}.{key.name}", f"{table.rpartition('.')[2]}.{key.name}"}


def _rows(key: ForeignKey) -> float:
    return max(key.child_size.rows or 0, 1)
