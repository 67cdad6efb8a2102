"""Rows refer to nothing though the key is valid and enforced: a session wrote past it, as restores and replication do."""

from __future__ import annotations

from fireline.assess import broken_keys as keys
from fireline.assess.checks.settings import Override, Settings
from fireline.assess.orphan_rows import Counted
from fireline.assess.quoting import ident
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Verdict

LABEL = "fk_bypassed_replica_role"
_SETTING = "session_replication_role"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Valid keys, all of whose triggers fire, with rows that the table itself shows to refer to nothing."""
    seen = keys.keys(snapshot)
    sound = [one for one in seen.keys if one.validated and one.enforced and not seen.disabled_of(one)]
    found = keys.by_size(told for one in sound if (told := keys.counted(snapshot, one)).broken)
    return (_verdict(snapshot, found),) if found else ()


def _verdict(snapshot: Snapshot, found: list[Counted]) -> Verdict:
    names = [one.key.title for one in found]
    holes = _holes(snapshot)
    plural = "s" if len(found) > 1 else ""
    return Verdict(
        cause=LABEL,
        title=f"Rows were written past the foreign key{plural} {listed(names)}: they refer to nothing, though the key{plural} {'are' if plural else 'is'} valid.",
        severity="high" if keys.wanted(snapshot) or holes else "medium",
        confidence=0.95,
        objects=tuple(names),
        evidence=(
            *(keys.evidence(one) for one in found),
            *(Evidence("pg_constraint", f"{one.key.title} has convalidated = true") for one in found),
            Evidence("pg_trigger", "every trigger that enforces it fires"),
            *(Evidence("pg_db_role_setting", f"{_whose(one)} has {_SETTING} = {one.value}") for one in holes),
        ),
        explains=("rows refer to nothing", "orphans"),
        rejected=keys.rejected(
            {
                "fk_triggers_disabled": "every trigger that enforces the key fires (tgenabled is O or A)",
                "fk_not_validated": "the key is validated (convalidated = true)",
                "fk_missing_logical": "the key is declared",
                "index_missing_entries": keys.in_heap(found[0]),
            }
        ),
        remedy=_remedy(found, holes),
        probe=keys.probe(found),
        hurt=len(found),
    )


def _remedy(found: list[Counted], holes: tuple[Override, ...]) -> Cure:
    kept = listed([keys.kept(one.key) for one in found])
    cascade = " What refers to these rows with ON DELETE CASCADE goes with them."
    return Cure(
        "Restore the missing parents from a backup if they should be there; else these statements move the rows to "
        f"{kept}.{cascade} Then see who may set {_SETTING} or switch triggers off (superusers, restore scripts, an apply worker),"
        " and whether a BEFORE trigger or a rule keeps a cascade from its rows.",
        (*(_reset(one) for one in holes), *(statement for one in found for statement in keys.taken_out(one.key))),
        level="destructive",
    )


def _holes(snapshot: Snapshot) -> tuple[Override, ...]:
    """Roles and databases whose every session writes past all keys."""
    settings = snapshot.last("settings", Settings)
    given = settings.overridden(_SETTING) if settings else ()
    return tuple(one for one in given if one.value == "replica")


def _whose(one: Override) -> str:
    parts = [f"role {one.role}" if one.role else "", f"database {one.database}" if one.database else ""]
    return " in ".join(part for part in parts if part)


def _reset(one: Override) -> str:
    if one.role is None:
        return f"ALTER DATABASE {ident(one.database or '')} RESET {_SETTING}"
    where = f" IN DATABASE {ident(one.database)}" if one.database else ""
    return f"ALTER ROLE {ident(one.role)}{where} RESET {_SETTING}"


cause = Cause(LABEL, keys.FAMILY, judge, ("foreign_keys", "orphans"), keys.COMPLAINTS)
