"""The policy of a table reads the table itself, directly or through another's policy: every read fails for whom it binds."""

from __future__ import annotations

from fireline.assess import policy_rings
from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies
from fireline.assess.quoting import ident, qualified
from fireline.assess.sight import FAMILY, asked_first, tables
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "policy_recursion"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every ring of tables whose policies lead back to themselves."""
    seen = snapshot.last("policies", Policies)
    found = asked_first(snapshot, policy_rings.recursive(seen)) if seen else []
    return (_verdict(seen, found),) if seen and found else ()


def _verdict(seen: Policies, found: list[Opening]) -> Verdict:
    facts = []
    for one in found[:8]:
        if one.policy:
            reads = [seen.by_oid[oid].path for oid in one.policy.reads if oid in seen.by_oid]
            facts.append(
                Evidence(
                    "pg_policy", f"{one.policy.name} on {one.relation.path} reads {listed(reads)} in its condition"
                )
            )
    prints = ", ".join(f"'{one.policy.print}'" for one in found if one.policy)
    return Verdict(
        cause=LABEL,
        title=f"The policies of {tables(found)} read {'the tables themselves' if len(found) > 1 else 'the table itself'}, so every statement that they bind fails.",
        severity="high",
        confidence=0.96,
        objects=tuple(f"{one.policy.name} on {one.relation.path}" for one in found if one.policy),
        evidence=tuple(facts),
        explains=("infinite recursion detected in policy", "reading a table fails"),
        rejected=(
            Rejected("rls_enabled_no_policy", "there are policies: they fail instead of hiding the rows"),
            Rejected(
                "rls_policy_always_true", "the condition is not true for every row: it can not be worked out at all"
            ),
        ),
        remedy=Cure(
            text="Put what the policy looks up into a function that is SECURITY DEFINER with a fixed search_path, owned by the table's owner, and call"
            " that in the condition: row security does not hold inside it. What stands here takes the policy away, so that the other policies of"
            " the table work again; rows that only this one showed are hidden. Keep its text (\\d of the table shows it) to write it anew.",
            sql=tuple(
                f"DROP POLICY {ident(one.policy.name)} ON {qualified(one.relation.schema, one.relation.name)}"
                for one in found[:1]
                if one.policy
            ),
            level="destructive",
        ),
        probe=Probe(
            "SELECT p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relrowsecurity"  # noqa: S608 - prints
            f" AND md5(coalesce(p.polqual::text, '') || coalesce(p.polwithcheck::text, '')) IN ({prints})",
            "rows = 0",
        ),
    )


cause = Cause(LABEL, FAMILY, judge, ("policies",), ("exposed", "lost", "denied"))
