"""A database takes no connections because ALLOW_CONNECTIONS is false: nobody gets in, not even a superuser."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.databases import Databases
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import FAMILY, LETS_IN, NAME, door, evidence_of, heard, named, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "database_closed"
_WORDS = rf"database {NAME} is not currently accepting connections"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Closed databases that somebody wants to get into; one that nobody misses is closed on purpose."""
    databases, said = snapshot.last("databases", Databases), heard(snapshot, _WORDS)
    wanted = named(said)
    if databases is not None:
        wanted = tuple(name for name in wanted if name in databases.all and not databases.all[name].allows)
    elif not door(snapshot).refused("database_closed"):
        wanted = ()
    facts = {name: _facts(databases, name) + evidence_of(said, name) for name in wanted}
    return tuple(_verdict(name, facts[name], seen=databases is not None) for name in wanted)


def _facts(databases: Databases | None, name: str) -> tuple[Evidence, ...]:
    return (Evidence("pg_database", f"datallowconn of {name} is false"),) if databases else ()


def _verdict(name: str, facts: tuple[Evidence, ...], *, seen: bool) -> Verdict:
    return verdict(
        LABEL,
        f"Database {name} is closed: it takes no connections.",
        objects=(f"database {name}",),
        evidence=facts,
        rejected={
            "startup_bad_preload_library": "the server runs and answers; it refuses this one database",
            "database_connection_limit": "the database is closed for everybody, whatever its limit",
            "hba_reject": "the server names the database's own state, no rule of pg_hba.conf",
        },
        remedy=Cure(
            "Open the database again, from another database of the server. Ask first who closed it: a restore or a swap may be under way.",
            (f"ALTER DATABASE {ident(name)} WITH ALLOW_CONNECTIONS true",),
            undo=(f"ALTER DATABASE {ident(name)} WITH ALLOW_CONNECTIONS false",),
        ),
        probe=Probe(f"SELECT datname FROM pg_database WHERE datname = {literal(name)} AND NOT datallowconn", "rows = 0")
        if seen
        else LETS_IN,
        confidence=0.99 if seen else 0.95,
        hurt=1,
    )


cause = Cause(LABEL, FAMILY, judge, ("databases",), ("closed", "login", "unreachable"))
