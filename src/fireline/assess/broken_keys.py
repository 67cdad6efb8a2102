"""What the causes of rows that refer to nothing share: how they are told, taken out of the way, and asked after. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fireline.assess.checks.foreign_keys import ForeignKey, ForeignKeys
from fireline.assess.follow_ups.orphans import Orphans
from fireline.assess.foreign_keys import half_null, orphans
from fireline.assess.orphan_rows import Counted
from fireline.assess.quoting import qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Evidence, Probe, Rejected

FAMILY = "integrity"
COMPLAINTS = ("orphans", "lost", "corrupt")
MOST_KEYS = 5  # told of, and treated, at once
_LONGEST_NAME = 63
_SHOWN = 3
_LONGEST_KEY = 40
TWINS = ("fk_bypassed_replica_role", "fk_not_validated", "fk_triggers_disabled", "fk_missing_logical")


def keys(snapshot: Snapshot) -> ForeignKeys:
    """The declared keys that were seen."""
    return snapshot.last("foreign_keys", ForeignKeys) or ForeignKeys()


def counted(snapshot: Snapshot, key: ForeignKey) -> Counted:
    """What was counted of a declared key; when nothing was, why is unknown."""
    seen = snapshot.last("orphans", Orphans)
    found = seen.of(key.oid) if seen else None
    return found or Counted(key, because="it was not counted")


def wanted(snapshot: Snapshot) -> bool:
    """Whether somebody asks after rows that refer to nothing."""
    return snapshot.asked.deep or snapshot.complaint.about("orphans")


def by_size(found: Iterable[Counted]) -> list[Counted]:
    """The keys with most broken rows first; not all, when there are many."""
    return sorted(found, key=lambda one: (-one.broken, one.key.title))[:MOST_KEYS]


def evidence(found: Counted) -> Evidence:
    """How many rows refer to nothing, and some of them."""
    key = found.key
    if found.orphans is None:
        return Evidence(key.child, f"rows that refer to nothing were not counted: {found.because}")
    if not found.broken:
        return Evidence(key.child, f"no row refers to nothing: {key.parent} has every {columns(key)}")
    shown = ", ".join(f"{_shown(one.key)} at {one.ctid} of {one.table}" for one in found.samples[:_SHOWN])
    halves = f", {found.halves} of them with a part of the key null" if found.halves else ""
    return Evidence(
        key.child, f"{found.broken} rows refer to nothing, as {key.parent} has no such {columns(key)}{halves}: {shown}"
    )


def _shown(key: tuple[str | None, ...]) -> str:
    return "(" + ", ".join("null" if one is None else one[:_LONGEST_KEY] for one in key) + ")"


def columns(key: ForeignKey) -> str:
    """The child's columns in a sentence."""
    return " + ".join(key.columns)


def in_heap(found: Counted) -> str:
    """Why it is not an index that lies."""
    return f"the rows of {found.key.parent} were read without any index, and the parents are not there"


def taken_out(key: ForeignKey, *, halves: bool = True) -> tuple[str, ...]:
    """Statements that move the rows that refer to nothing into a table beside, so that they can be looked at and put back."""
    beside = kept(key)
    statements = [f"CREATE TABLE IF NOT EXISTS {beside} (LIKE {key.child})"]
    conditions = [orphans(key), *([half_null(key)] if halves else [])]
    for one in conditions:
        if one:
            statements.append(
                f"WITH gone AS (DELETE {one} RETURNING c.*) INSERT INTO {beside} SELECT * FROM gone"  # noqa: S608 - quoted
            )
    return tuple(statements)


def kept(key: ForeignKey) -> str:
    """The table beside."""
    name = f"orphans_of_{key.name}".encode()[:_LONGEST_NAME].decode(errors="ignore")
    return qualified(key.schema, name)


def probe(found: Iterable[Counted]) -> Probe:
    """Red while a row refers to nothing."""
    asked = [f"(SELECT 1 {one} LIMIT 1)" for each in found for one in (orphans(each.key), half_null(each.key)) if one]
    return Probe(" UNION ALL ".join(asked), "rows = 0")


def rejected(facts: dict[str, str]) -> tuple[Rejected, ...]:
    """The twins with the facts that rule them out."""
    return tuple(Rejected(cause, because) for cause, because in facts.items() if because)
