"""A DROP DATABASE was broken off half-way: what is left of the database can not be used, only dropped."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.databases import Databases
from fireline.assess.quoting import ident, literal
from fireline.assess.refused import FAMILY, LETS_IN, NAME, Heard, door, evidence_of, heard, named, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "database_invalid"
_WORDS = rf"cannot connect to invalid database {NAME}"
_INVALID = -2


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Each invalid database; one that nobody asks for is a thing to tidy up."""
    databases, said = snapshot.last("databases", Databases), heard(snapshot, _WORDS)
    if databases is None:
        names = named(said) if door(snapshot).refused("database_invalid") else ()
        return tuple(_verdict(name, said, seen=False) for name in names)
    invalid = [one.name for one in databases.all.values() if one.limit == _INVALID]
    return tuple(_verdict(name, said, seen=True) for name in invalid)


def _verdict(name: str, said: tuple[Heard, ...], *, seen: bool) -> Verdict:
    facts = (Evidence("pg_database", f"datconnlimit of {name} is -2, the mark of an invalid database"),) if seen else ()
    wanted = name in named(said)
    return verdict(
        LABEL,
        f"Database {name} is invalid: dropping it was broken off.",
        objects=(f"database {name}",),
        evidence=(*facts, *evidence_of(said, name)),
        rejected={
            "database_closed": "it is not closed: the server has marked it as invalid",
            "database_connection_limit": "its limit of -2 is a mark, not a number of connections",
        },
        remedy=Cure(
            "A part of its files is gone, so nothing can be read from it any more. Drop what is left; if it is missed, restore the last"
            " backup under its name.",
            (f"DROP DATABASE {ident(name)}",),
            level="destructive",
        ),
        probe=Probe(f"SELECT datname FROM pg_database WHERE datname = {literal(name)} AND datconnlimit = -2", "rows = 0") if seen else LETS_IN,
        severity="critical" if wanted else "low",
        confidence=0.99,
        hurt=int(wanted),
    )  # fmt: skip


cause = Cause(LABEL, FAMILY, judge, ("databases",), ("login", "unreachable"))
