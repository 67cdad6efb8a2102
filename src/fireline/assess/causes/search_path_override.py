"""Tables are "not there" or look empty because search_path leads past the schema that they are in."""

from __future__ import annotations

import re

from fireline.assess.checks.meant import Meant, Thing
from fireline.assess.checks.schemas import Schemas
from fireline.assess.checks.tables import Table, Tables
from fireline.assess.origin import Origin, gone, in_order, origins
from fireline.assess.quoting import qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "search_path_override"
_SYSTEM = ("pg_catalog", "information_schema", "pg_temp")
_PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """A search_path that was given to a role, a database or the server does not lead to what is missed.

    Nobody missing anything, only a path is named that leads to nothing at all, for a role that works here.
    """
    found = [(one, fact) for one in origins(snapshot, "search_path") if (fact := _past(snapshot, one))]
    return (_verdict(snapshot, [one for one, _ in found], found[0][1]),) if found else ()


def path(origin: Origin) -> tuple[str, ...]:
    """The schemas of a search_path, in their order; what stands for the role's own schema is its name."""
    parts = [(quoted.replace('""', '"') if quoted else plain.lower()) for quoted, plain in _PART.findall(origin.value)]
    own = [origin.role if part == "$user" else part for part in parts]
    return tuple(part for part in own if part and part not in (*_SYSTEM, "$user"))


def _past(snapshot: Snapshot, origin: Origin) -> Evidence | None:
    """What it leads past; None when it is in order."""
    schemas, meant = snapshot.last("schemas", Schemas), snapshot.last("meant", Meant)
    if schemas is None:
        return None
    way = path(origin)
    if snapshot.complaint.about("undefined") and meant is not None and meant.things:
        missed = [
            one for name in snapshot.complaint.names if "." not in name for one in _only_elsewhere(meant, name, way)
        ]
        return _there(missed) if missed else None
    if snapshot.complaint.about("lost") and (shadow := _shadowed(snapshot, way)):
        return shadow
    return _to_nothing(snapshot, schemas, origin, way)


def _only_elsewhere(meant: Meant, name: str, way: tuple[str, ...]) -> tuple[Thing, ...]:
    found = meant.called(name)
    return () if any(one.schema in way for one in found) else found


def _there(missed: list[Thing]) -> Evidence:
    names = listed([qualified(one.schema, one.name) for one in missed])
    return Evidence(
        "pg_class", f"{names} {'exists' if len(missed) == 1 else 'exist'}, in a schema that the path does not have"
    )


def _shadowed(snapshot: Snapshot, way: tuple[str, ...]) -> Evidence | None:
    """An empty table stands before a filled one of the same name."""
    tables = snapshot.last("tables", Tables)
    for name, group in tables.by_name.items() if tables else ():
        first = next((one for schema in way for one in group if one.schema == schema), None)
        fuller = [one for one in group if one is not first and _rows(one) > 0]
        if first is not None and fuller and _rows(first) == 0 and len(group) > 1:
            there = qualified(fuller[0].schema, name)
            return Evidence(
                "pg_class",
                f"the path finds {qualified(first.schema, name)}, which is empty; {there} has about {_rows(fuller[0]):.0f} rows",
            )
    return None


def _rows(table: Table) -> float:
    return max(table.rows, 0.0)


def _to_nothing(snapshot: Snapshot, schemas: Schemas, origin: Origin, way: tuple[str, ...]) -> Evidence | None:
    """It leads to no table at all, while there are tables: for an empty path that is caution, not a fault."""
    elsewhere = [schema for schema in schemas.relations if schema not in way and schemas.filled(schema)]
    if not way or not elsewhere or any(schemas.filled(schema) for schema in way):
        return None
    if origin.role and not origin.database and not snapshot.complaint.about("undefined", "lost"):
        here = (
            {
                one.user
                for one in snapshot.locks[-1].sessions.values()
                if snapshot.server and one.database == snapshot.server.database
            }
            if snapshot.locks
            else set()
        )
        if not schemas.owned(origin.role) and origin.role not in here:
            return None  # it may not even use this database
    return Evidence(
        "pg_namespace",
        f"{listed(list(way))} has no table or view; {listed(elsewhere)} has {schemas.filled(elsewhere[0])}",
    )


def _verdict(snapshot: Snapshot, found: list[Origin], fact: Evidence) -> Verdict:
    asked = snapshot.complaint.about("undefined", "lost")
    return Verdict(
        cause=LABEL,
        title=f"The search_path of {listed([one.whom for one in found])} leads past the tables.",
        severity="critical" if asked else "medium",
        confidence=0.95 if asked else 0.7,
        objects=tuple(one.object for one in found),
        evidence=(*(one.evidence for one in found), fact),
        explains=("relation does not exist", "data seems to be gone"),
        rejected=(
            Rejected("mass_delete", "the tables are there; they are looked for in another schema"),
            Rejected("rls_enabled_no_policy", "the name is not found or found elsewhere; no row is held back"),
            Rejected("unlogged_table_reset", "the tables are there with their rows"),
        ),
        remedy=Cure(
            text="Take the search_path back. Sessions that are connected keep it until they connect anew, so restart or reconnect"
            " the application's pool. Rows written meanwhile into tables of another schema stay there: look for them.",
            sql=in_order(sql for one in found for sql in one.takes_back('"$user", public')),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "configuration", judge, ("settings", "schemas"), ("undefined", "lost"))
