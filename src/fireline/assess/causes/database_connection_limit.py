"""A database has as many sessions as its CONNECTION LIMIT allows, while the server has room."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.databases import Database, Databases
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import FAMILY, LETS_IN, NAME, Heard, door, evidence_of, heard, named, sessions, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "database_connection_limit"
_WORDS = rf"too many connections for database {NAME}"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Databases at their limit; of one whose limit is 0, only when somebody wants in."""
    databases, said = snapshot.last("databases", Databases), heard(snapshot, _WORDS)
    at = door(snapshot)
    if databases is None or not snapshot.locks:
        return (_unseen(at.database, said),) if at.refused("database_limit") else ()
    full = [
        (base, count)
        for base in databases.all.values()
        if 0 <= base.limit <= (count := _count(snapshot, base.name)) and (base.limit or base.name in named(said))
    ]
    return tuple(_verdict(snapshot, base, count, said) for base, count in full)


def _count(snapshot: Snapshot, name: str) -> int:
    """The sessions that the limit counts: clients in this database, ours with them."""
    ours = snapshot.server is not None and snapshot.server.database == name
    return sum(one.database == name for one in sessions(snapshot)) + ours


def _verdict(snapshot: Snapshot, base: Database, count: int, said: tuple[Heard, ...]) -> Verdict:
    refused = base.name in named(said) or snapshot.complaint.about("slots")
    users = listed(sorted({one.user or "" for one in sessions(snapshot) if one.database == base.name}))
    return verdict(
        LABEL,
        f"Database {base.name} has reached its connection limit.",
        objects=(f"database {base.name}",),
        evidence=(
            Evidence("pg_database", f"{base.name} may have {base.limit} sessions; superusers do not count against it"),
            Evidence("pg_stat_activity", f"it has {count}, of {users or 'nobody else'}"),
            *evidence_of(said, base.name),
        ),
        rejected={
            "connection_leak_idle": "the limit of the database is reached, not that of the server",
            "lock_pileup_exhausts_slots": "the limit of the database is reached, not that of the server",
            "role_connection_limit": f"the limit is set on the database, for every role ({users or 'none is in'})",
        },
        remedy=_raise(base.name, max(base.limit * 2, base.limit + 10), base.limit),
        probe=Probe(  # pg_stat_database, as it shows the count to every role
            "SELECT d.datname FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid"
            f" WHERE d.datname = {literal(base.name)} AND d.datconnlimit >= 0 AND d.datconnlimit <= s.numbackends",
            "rows = 0",
        ),
        severity="critical" if refused else "medium",
        confidence=0.97 if refused else 0.8,
        hurt=count,
    )


def _raise(name: str, to: int, before: int) -> Cure:
    return Cure(
        "Raise the database's limit, within what max_connections leaves for others.",
        (f"ALTER DATABASE {ident(name)} CONNECTION LIMIT {to}",),
        undo=(f"ALTER DATABASE {ident(name)} CONNECTION LIMIT {before}",),
    )


def _unseen(name: str, said: tuple[Heard, ...]) -> Verdict:
    return verdict(
        LABEL,
        f"Database {name} has reached its connection limit.",
        objects=(f"database {name}",),
        evidence=evidence_of(said),
        rejected={
            "connection_leak_idle": "the server refuses this database by its own limit, not for lack of slots",
            "role_connection_limit": "the server names the database, not the role",
        },
        remedy=Cure(
            "Raise the database's limit, as its owner in another database; note the old one first (pg_database.datconnlimit).",
            (f"ALTER DATABASE {ident(name)} CONNECTION LIMIT -1",),
        ),
        probe=LETS_IN,
        hurt=1,
    )


cause = Cause(LABEL, FAMILY, judge, ("databases", "locks"), ("slots", "login"))
