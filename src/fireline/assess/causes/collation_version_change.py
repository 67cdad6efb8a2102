"""The system's rules for sorting text have changed since indexes were built with them: lookups miss rows, order is odd."""

# ruff: noqa: S608 - numbers, and names and texts as SQL writes them
from __future__ import annotations

from fireline.assess.checks.collations import DATABASE, Collation, Collations, Dependent
from fireline.assess.quoting import ident, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "collation_version_change"
FAMILY = "integrity"
_COMPLAINTS = ("corrupt", "lost", "duplicate")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Collations in use that are recorded with another version than the system has; one verdict for all."""
    seen = snapshot.last("collations", Collations)
    if seen is None or not seen.changed:
        return ()
    return (_verdict(snapshot, seen),) if seen.indexes or snapshot.complaint.about("corrupt") else ()


def _verdict(snapshot: Snapshot, seen: Collations) -> Verdict:
    names = listed([_name(one, seen) for one in seen.changed])
    asked = snapshot.complaint.about("corrupt") or any(
        snapshot.complaint.mentions(one.table, one.name) for one in seen.indexes
    )
    severity: Severity = "high" if asked else "medium"
    facts = [
        Evidence(
            "pg_database" if one.oid == DATABASE else "pg_collation",
            f"{_name(one, seen)}: recorded version {one.recorded}, the system has {one.actual}",
        )
        for one in seen.changed[:8]
    ]
    facts.append(
        Evidence(
            "pg_index",
            f"{len(seen.indexes)} {'index is' if len(seen.indexes) == 1 else 'indexes are'} sorted by it: {listed([f'{one.schema}.{one.name}' for one in seen.indexes])}",
        )
    )
    return Verdict(
        cause=LABEL,
        title=f"The rules of {names} have changed since indexes were built with them.",
        severity=severity,
        confidence=0.9 if seen.indexes else 0.6,
        objects=tuple(f"{one.schema}.{one.name}" for one in seen.indexes) or (names,),
        evidence=tuple(facts),
        explains=("lookups by text miss rows", "text is sorted oddly", "duplicates in a unique column"),
        rejected=(
            Rejected(
                "index_missing_entries",
                f"the version of {names} explains wrong order in every index on it, not one that lost entries",
            ),
            Rejected("page_corruption", "no page is damaged: the order on it is that of the old rules"),
        ),
        remedy=_cure(seen),
        probe=Probe(_still(seen), "rows = 0"),
    )


def _name(one: Collation, seen: Collations) -> str:
    return f"database {seen.database}" if one.oid == DATABASE else f"collation {one.schema}.{one.name}"


def _cure(seen: Collations) -> Cure:
    refresh = tuple(
        f"ALTER DATABASE {ident(seen.database)} REFRESH COLLATION VERSION" if one.oid == DATABASE
        else f"ALTER COLLATION {qualified(one.schema, one.name)} REFRESH VERSION"
        for one in seen.changed
    )  # fmt: skip
    return Cure(
        text="Build the indexes anew, one at a time and without shutting anybody out, each on its own outside of a transaction; then record the new"
        " version. Before that, a unique index that fails to build shows rows that are there twice. Partitions by text range and exclusion"
        " constraints on text want a look too. The other way is to go back to the old library, as long as nothing was written since.",
        sql=(*(_rebuild(one) for one in seen.indexes), *refresh),
        level="reversible",
    )


def _rebuild(one: Dependent) -> str:
    return f"REINDEX INDEX CONCURRENTLY {qualified(one.schema, one.name)}"


def _still(seen: Collations) -> str:
    """Green when the recorded versions are those of the system again, which is done last."""
    parts = []
    numbers = [str(one.oid) for one in seen.changed if one.oid != DATABASE]
    if numbers:
        parts.append(
            f"SELECT collname::text AS name FROM pg_collation WHERE oid IN ({', '.join(numbers)}) AND collversion <> pg_collation_actual_version(oid)"
        )
    if len(numbers) < len(seen.changed):
        parts.append(
            "SELECT datname::text AS name FROM pg_database WHERE datname = current_database()"
            " AND datcollversion <> pg_database_collation_actual_version(oid)"
        )
    return " UNION ALL ".join(parts)


cause = Cause(LABEL, FAMILY, judge, ("collations",), _COMPLAINTS)
