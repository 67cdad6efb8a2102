"""A policy lets every row through for everybody it is about."""

from __future__ import annotations

from fireline.assess import access
from fireline.assess.access import Opening, commands, let_through
from fireline.assess.checks.policies import Policies, Policy
from fireline.assess.quoting import ident, qualified
from fireline.assess.sight import COMPLAINTS, FAMILY, asked_first, harmless, shown, sure, tables, twins, who
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Severity, Verdict

LABEL = "rls_policy_always_true"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Policies by which anybody may change any row; with a complaint also such by which anybody may read them."""
    seen = snapshot.last("policies", Policies)
    if seen is None:
        return ()
    asked = snapshot.complaint.about(*COMPLAINTS)
    found = [one for one in access.open_policies(seen) if one.policy and (asked or _writes(one.policy))]
    found = [one for one in found if not harmless(snapshot, one.roles, one.relation)]
    return (_verdict(snapshot, seen, asked_first(snapshot, found)),) if found else ()


def _writes(policy: Policy) -> bool:
    return any(command != "SELECT" for command in let_through(policy))


def _verdict(snapshot: Snapshot, seen: Policies, found: list[Opening]) -> Verdict:
    policies = [(one, one.policy) for one in found if one.policy]
    roles = {role for one in found for role in one.roles}
    writes = any(_writes(policy) for _, policy in policies)
    severity: Severity = (
        "high" if snapshot.complaint.about(*COMPLAINTS) or (writes and any(one.outside for one in found)) else "medium"
    )
    names = listed([policy.name for _, policy in policies])
    facts = [Evidence("pg_policy", _fact(one, policy)) for one, policy in policies[:8]]
    facts += [fact for one in found for fact in shown(snapshot, one.roles, one.relation)]
    return Verdict(
        cause=LABEL,
        title=f"{'Policies' if len(policies) > 1 else 'Policy'} {names} on {tables(found)} {'let' if len(policies) > 1 else 'lets'} {who(roles)} at every row.",
        severity=severity,
        confidence=sure(snapshot, found, 0.92),
        objects=tuple(f"{policy.name} on {one.relation.path}" for one, policy in policies),
        evidence=tuple(facts),
        explains=("any user can edit any row",) if writes else ("any user can read any row",),
        rejected=twins(seen, found[0].relation, found[0].roles, but=LABEL),
        remedy=Cure(
            text="Write the condition that was meant, such as owner = current_user. Until it is found, false shuts what the policy opened:"
            " who reached rows only by this policy sees none. That a policy says true may be on purpose for data that is public.",
            sql=tuple(_alter(one, policy, "false") for one, policy in policies),
            undo=tuple(_alter(one, policy, "true") for one, policy in policies),
        ),
        probe=Probe(_unchanged(policies), "rows = 0"),
    )


def _fact(one: Opening, policy: Policy) -> str:
    return (
        f"{policy.name} on {one.relation.path} FOR {', '.join(commands(policy))} TO {', '.join(policy.roles)}: its condition holds for every row,"
        f" and lets {who(one.roles)} {', '.join(let_through(policy))}"
    )


def _alter(one: Opening, policy: Policy, condition: str) -> str:
    using = f" USING ({condition})" if policy.using_always else ""
    check = f" WITH CHECK ({condition})" if policy.check_always else ""
    return f"ALTER POLICY {ident(policy.name)} ON {qualified(one.relation.schema, one.relation.name)}{using}{check}"


def _unchanged(policies: list[tuple[Opening, Policy]]) -> str:
    """Green when each policy has another condition, or is gone, or its table's row security is off."""
    from_these = " OR ".join(
        f"(p.polrelid = {one.relation.oid} AND md5(coalesce(p.polqual::text, '') || coalesce(p.polwithcheck::text, '')) = '{policy.print}')"
        for one, policy in policies
    )
    return f"SELECT p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relrowsecurity AND ({from_these})"  # noqa: S608 - numbers and prints


cause = Cause(LABEL, FAMILY, judge, ("policies",), COMPLAINTS)
