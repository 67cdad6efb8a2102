"""The database that the application asks for does not exist on this server."""

# ruff: noqa: S608 - only a quoted name goes into the probe
from __future__ import annotations

from fireline.assess.checks.databases import Databases
from fireline.assess.quoting import literal
from fireline.assess.refused import FAMILY, LETS_IN, NAME, Heard, door, evidence_of, heard, named, verdict
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "database_missing"
_WORDS = rf"database {NAME} does not exist"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Databases that the target or the complaint asks for and that are not there; in the log a stranger may ask for anything."""
    databases = snapshot.last("databases", Databases)
    said = tuple(one for one in heard(snapshot, _WORDS) if one.source != "server log")
    if databases is None:
        names = named(said) if door(snapshot).refused("no_such_database") else ()
        return tuple(_verdict(name, said, None) for name in names)
    return tuple(_verdict(name, said, databases) for name in named(said) if name not in databases.all)


def _verdict(name: str, said: tuple[Heard, ...], databases: Databases | None) -> Verdict:
    others = [one.name for one in databases.all.values() if not one.template] if databases else []
    facts = (Evidence("pg_database", f"there is no {name}; there are {listed(others, 6)}"),) if databases else ()
    return verdict(
        LABEL,
        f"Database {name} does not exist on this server.",
        objects=(f"database {name}",),
        evidence=(*facts, *evidence_of(said, name)),
        rejected={
            "database_closed": "it is not closed: there is none",
            "search_path_override": "a database is missing, not a table",
            "role_missing": "the role was let in far enough to be told of the database",
        },
        remedy=Cure(
            "Ask first whether this is the right server and the right name. If it was dropped or renamed, find out by whom (the log), rename"
            " it back or restore the last backup under this name; an empty new one would only hide the loss.",
            (),
            level="destructive",
        ),
        probe=Probe(f"SELECT datname FROM pg_database WHERE datname = {literal(name)}", "rows = 1")
        if databases
        else LETS_IN,
        confidence=0.97,
        hurt=1,
    )


cause = Cause(LABEL, FAMILY, judge, ("databases",), ("login", "undefined", "lost", "unreachable"))
