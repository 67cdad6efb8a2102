"""A table has policies, and row security is off: they are ignored."""

from __future__ import annotations

from fireline.assess import access
from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies
from fireline.assess.quoting import qualified
from fireline.assess.sight import COMPLAINTS, FAMILY, asked_first, oids, shown, sure, tables, twins, who
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "policy_rls_disabled"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every table with policies that nobody heeds."""
    seen = snapshot.last("policies", Policies)
    found = asked_first(snapshot, access.ignored_policies(seen)) if seen else []
    return (_verdict(snapshot, seen, found),) if seen and found else ()


def _verdict(snapshot: Snapshot, seen: Policies, found: list[Opening]) -> Verdict:
    roles = {role for one in found for role in one.roles}
    outside = any(one.outside for one in found)
    severity: Severity = "high" if outside or (roles and snapshot.complaint.about(*COMPLAINTS)) else "medium"
    facts = [
        Evidence(
            "pg_policy",
            f"{one.relation.path} has {len(one.relation.policies)}: {listed([each.name for each in one.relation.policies])}",
        )
        for one in found[:5]
    ]
    facts += [Evidence("pg_class", f"relrowsecurity is false at {tables(found)}")]
    if roles:
        facts.append(Evidence("pg_class.relacl", f"rights on it besides its owner: {who(roles)}"))
    facts += [fact for one in found for fact in shown(snapshot, one.roles, one.relation)]
    return Verdict(
        cause=LABEL,
        title=f"The policies of {tables(found)} are ignored, as row security is off there.",
        severity=severity,
        confidence=sure(snapshot, found, 0.95),
        objects=tuple(one.relation.path for one in found),
        evidence=tuple(facts),
        explains=("policies have no effect", "rows of others are visible"),
        rejected=(
            Rejected("rls_disabled_exposed", f"{found[0].relation.path} has policies; they are only not in force"),
            *twins(seen, found[0].relation, found[0].roles, but=LABEL),
        ),
        remedy=Cure(
            text="Switch row security on; the policies that are there take effect at once, also for sessions that are connected."
            " Somebody may have switched it off in a hurry because a policy was wrong: read them first.",
            sql=tuple(
                f"ALTER TABLE {qualified(one.relation.schema, one.relation.name)} ENABLE ROW LEVEL SECURITY"
                for one in found
            ),
            undo=tuple(
                f"ALTER TABLE {qualified(one.relation.schema, one.relation.name)} DISABLE ROW LEVEL SECURITY"
                for one in found
            ),
        ),
        probe=Probe(
            f"SELECT relname FROM pg_class WHERE oid IN ({oids(found)}) AND NOT relrowsecurity AND oid IN (SELECT polrelid FROM pg_policy)",  # noqa: S608 - numbers
            "rows = 0",
        ),
    )


cause = Cause(LABEL, FAMILY, judge, ("policies",), COMPLAINTS)
