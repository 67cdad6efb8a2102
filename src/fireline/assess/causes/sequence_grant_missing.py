"""A role may insert into a table and may not take numbers from the sequence of its column."""

from __future__ import annotations

from fireline.assess.checks.grants import Grants, SequenceUse
from fireline.assess.checks.meant import Meant
from fireline.assess.quoting import ident, lacking, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "sequence_grant_missing"
_ENOUGH = 2  # other sequences that the role may use, so that this one is an oversight


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Sequences that a role needs for its inserts and may not use.

    Nobody complaining, only where the role may use the others: it may be granted INSERT and never insert.
    """
    grants = snapshot.last("grants", Grants)
    if grants is None:
        return ()
    lacking = [one for one in grants.sequences if not one.usable]
    if snapshot.complaint.about("denied"):
        meant = snapshot.last("meant", Meant)
        asked = {(one.schema, one.name) for one in meant.things} if meant else set()
        named = [one for one in lacking if (one.schema, one.name) in asked]
        if asked and not named:
            return ()
        lacking = named or (lacking if snapshot.complaint.says("sequence") else _overlooked(grants, lacking))
    else:
        lacking = _overlooked(grants, lacking)
    return (_verdict(lacking, asked=snapshot.complaint.about("denied")),) if lacking else ()


def _overlooked(grants: Grants, lacking: list[SequenceUse]) -> list[SequenceUse]:
    usable = [one.role for one in grants.sequences if one.usable]
    without = [one.role for one in lacking]
    return [one for one in lacking if usable.count(one.role) >= max(_ENOUGH, 2 * without.count(one.role))]


def _verdict(found: list[SequenceUse], *, asked: bool) -> Verdict:
    names = list(dict.fromkeys(qualified(one.schema, one.name) for one in found))
    roles = list(dict.fromkeys(one.role for one in found))
    return Verdict(
        cause=LABEL,
        title=f"{listed(roles)} may not take numbers from {listed(names)}, so inserting fails.",
        severity="high" if asked else "medium",
        confidence=0.95 if asked else 0.75,
        objects=tuple(names),
        evidence=tuple(
            Evidence(
                "pg_class.relacl",
                f"{one.role} has INSERT on {qualified(one.table_schema, one.table_name)} and neither USAGE nor UPDATE on {qualified(one.schema, one.name)}",
            )
            for one in found[:6]
        ),
        explains=("permission denied for sequence", "inserts fail, reading is fine"),
        rejected=(
            Rejected(
                "grants_lost_on_recreate", f"{found[0].role} has INSERT on the table; the sequence alone is denied"
            ),
            Rejected("sequence_behind_max", "the sequence is denied, no number was given out twice"),
        ),
        remedy=Cure(
            text="Grant the use of the sequence. ALTER DEFAULT PRIVILEGES … ON SEQUENCES keeps the next one from the same fate.",
            sql=tuple(
                f"GRANT USAGE ON SEQUENCE {qualified(one.schema, one.name)} TO {ident(one.role)}" for one in found
            ),
            level="reversible",
            undo=tuple(
                f"REVOKE USAGE ON SEQUENCE {qualified(one.schema, one.name)} FROM {ident(one.role)}" for one in found
            ),
        ),
        probe=Probe(" UNION ALL ".join(map(_lacking, found[:20])), "rows = 0"),
    )


def _lacking(one: SequenceUse) -> str:
    return lacking(one.schema, one.name, "sequence", one.role, ("USAGE, UPDATE",))


cause = Cause(LABEL, "security", judge, ("grants",), ("denied", "sequence"))
