"""Proof of who sees what: as a role, count a few rows of a table, in a read-only transaction that is rolled back.

Only where our role may act as that role, and where everything that the statement would run is proved to only read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

from fireline.assess import access, passing
from fireline.assess.checks.policies import PUBLIC, Policies, Relation
from fireline.assess.rights import connected, outsiders
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection
from fireline.postgres.proof import prove

ENOUGH = 100  # rows counted; who sees so many sees them all, or enough
_MOST_PAIRS, _SECONDS = 8, 0.8
_DENIED = "42501"


@dataclass(frozen=True)
class Seen:
    """How many rows a role sees, and how many we do, each counted up to ENOUGH. None: it could not be tried."""

    role: str
    relation: int
    rows: int | None
    ours: int | None = None
    denied: bool = False
    because: str = ""  # why it could not be tried


@dataclass(frozen=True)
class Exposure:
    """What was tried."""

    seen: tuple[Seen, ...] = ()

    def of(self, role: str, relation: Relation) -> Seen | None:
        """What a role sees of a relation, if that was tried."""
        return next((one for one in self.seen if one.role == role and one.relation == relation.oid), None)


def pairs(sofar: Snapshot) -> list[tuple[str, Relation]]:
    """Roles and relations worth the trial: where the catalogs say that somebody sees too much, or nothing."""
    read = sofar.last("policies", Policies)
    if read is None:
        return []
    found = dict.fromkeys((role, relation.oid) for role, relation in _suspects(sofar, read))
    asked = [(role, read.by_oid[oid]) for role, oid in found if role in read.roles]
    asked.sort(key=lambda one: not sofar.complaint.mentions(one[1].name))
    return asked[:_MOST_PAIRS]


def _suspects(sofar: Snapshot, read: Policies) -> Iterator[tuple[str, Relation]]:
    here = connected(sofar)
    openings = [
        *(access.shut_tables(read) if sofar.complaint.about("lost") or sofar.asked.deep else ()),
        *access.open_tables(read, doubtful=sofar.complaint.about("exposed")),
        *access.ignored_policies(read),
        *access.open_policies(read),
        *passing.leaking_views(read),
    ]
    for one in openings:
        for role in one.roles:
            yield _stand_in(read, role), one.view or one.relation
            if one.view:
                yield _stand_in(read, role), one.relation
    for role, tables in passing.passing_roles(read, here).items():
        yield from ((role, table) for table in tables[:2])
    for table in passing.passing_owners(read, here, asked=sofar.complaint.about("exposed")):
        yield table.owner, table


def _stand_in(read: Policies, role: str) -> str:
    """Somebody who has what PUBLIC has, to act as."""
    return next(iter(outsiders(read)), role) if role == PUBLIC else role


def read(conn: Connection, sofar: Snapshot) -> Exposure:
    """Try each pair, as long as there is time."""
    end = time.monotonic() + (_SECONDS if not sofar.asked.deep else 20 * _SECONDS)
    found = []
    for role, relation in pairs(sofar):
        if time.monotonic() > end:
            break
        found.append(_try(conn, role, relation))
        conn.rollback()
    return Exposure(tuple(found))


def _try(conn: Connection, role: str, relation: Relation) -> Seen:
    count = sql.SQL("SELECT count(*) AS rows FROM (SELECT 1 FROM {} LIMIT {}) AS few").format(
        sql.Identifier(relation.schema, relation.name), sql.Literal(ENOUGH)
    )
    proof = prove(conn, count.as_string(conn))
    if proof.level != "read":
        return Seen(role, relation.oid, None, because=proof.reason)
    try:
        conn.execute("SET LOCAL statement_timeout = '400ms'")
        ours = _count(conn, count)
        conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
    except psycopg.Error as fault:
        return Seen(role, relation.oid, None, because=_told(fault))
    try:
        return Seen(role, relation.oid, _count(conn, count), ours)
    except psycopg.Error as fault:
        return Seen(role, relation.oid, None, ours, fault.sqlstate == _DENIED, _told(fault))


def _count(conn: Connection, question: sql.Composed) -> int:
    row: DictRow | None = conn.execute(question).fetchone()
    return int(row["rows"]) if row else 0


def _told(fault: psycopg.Error) -> str:
    told: Any = fault.diag.message_primary
    return str(told or fault).strip().splitlines()[0]


check = Check("exposure", read, wanted=lambda sofar: bool(pairs(sofar)))
