"""A column refers to another table by name, type and nearly all its values, and no enforced key stands behind it."""

from __future__ import annotations

from fireline.assess import broken_keys as keys
from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.follow_ups.orphans import Orphans
from fireline.assess.orphan_rows import Counted
from fireline.assess.quoting import ident
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "fk_missing_logical"
_PERCENT = 100


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Keys that are not declared, or declared NOT ENFORCED, with rows that refer to nothing; only when somebody asks after these."""
    if not keys.wanted(snapshot):
        return ()
    reading = snapshot.last("orphans", Orphans)
    pairs = reading.undeclared if reading else ()
    shares = {told.key.title: one.inclusion for one, told in pairs}
    unenforced = [keys.counted(snapshot, one) for one in keys.keys(snapshot).keys if not one.enforced]
    found = keys.by_size(one for one in [*(told for _, told in pairs), *unenforced] if one.broken)
    return (_verdict(found, shares),) if found else ()


def _verdict(found: list[Counted], shares: dict[str, float]) -> Verdict:
    names = [f"{one.key.child} ({keys.columns(one.key)})" for one in found]
    declared = [one for one in found if one.key.oid]
    return Verdict(
        cause=LABEL,
        title=f"No enforced foreign key stands behind {listed(names)}, so rows that refer to nothing came in.",
        severity="medium",
        confidence=0.85,
        objects=tuple(names),
        evidence=tuple(fact for one in found for fact in (_basis(one, shares), keys.evidence(one))),
        explains=("rows refer to nothing", "orphans"),
        rejected=keys.rejected(
            {
                "fk_bypassed_replica_role": "there is no enforced key that could have been bypassed",
                "fk_not_validated": "there is no enforced key that could be validated",
                "fk_triggers_disabled": "there is no enforced key, and so no trigger to be switched off",
                "index_missing_entries": keys.in_heap(found[0]),
            }
        ),
        remedy=_remedy(found, declared),
        probe=keys.probe(found),
        hurt=len(found),
    )


def _basis(found: Counted, shares: dict[str, float]) -> Evidence:
    key = found.key
    if key.oid:
        return Evidence("pg_constraint", f"{key.title} is declared NOT ENFORCED")
    share = shares.get(key.title, 1.0) * _PERCENT
    like = (
        f"{share:.0f} % of the values looked at" if share < _PERCENT else "all values looked at, but not all there are,"
    )
    return Evidence(
        "pg_constraint",
        f"no key is declared from {key.child} ({keys.columns(key)}) to {key.parent} ({', '.join(key.parent_columns)}), though name and type match"
        f" and {like} are found there",
    )


def _remedy(found: list[Counted], declared: list[Counted]) -> Cure:
    statements = [statement for one in found for statement in (*keys.taken_out(one.key), *_declare(one.key))]
    kept = listed([keys.kept(one.key) for one in found])
    enforce = " A key that is declared NOT ENFORCED becomes enforced." if declared else ""
    return Cure(
        "Make sure that the column is meant so. Restore the missing parents if they should be there; else these statements move the rows to"
        f" {kept}, and declare the key: first for new rows, then, with the table in use, for all.{enforce} The application then gets an"
        " error where it writes such a row.",
        tuple(statements),
        level="destructive",
        undo=tuple(
            f"ALTER TABLE {one.key.child} DROP CONSTRAINT {ident(one.key.name)}" for one in found if not one.key.oid
        ),
    )


def _declare(key: ForeignKey) -> tuple[str, ...]:
    if key.oid:
        return (f"ALTER TABLE {key.child} ALTER CONSTRAINT {ident(key.name)} ENFORCED",)
    own, theirs = (", ".join(ident(one) for one in side) for side in (key.columns, key.parent_columns))
    return (
        f"ALTER TABLE {key.child} ADD CONSTRAINT {ident(key.name)} FOREIGN KEY ({own}) REFERENCES {key.parent} ({theirs}) NOT VALID",
        f"ALTER TABLE {key.child} VALIDATE CONSTRAINT {ident(key.name)}",
    )


cause = Cause(LABEL, keys.FAMILY, judge, ("orphans",), ("orphans",))
