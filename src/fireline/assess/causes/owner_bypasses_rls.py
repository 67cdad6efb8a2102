"""The application is the owner of the tables, and row security does not hold for an owner unless it is forced."""

from __future__ import annotations

from fireline.assess import passing
from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies, Relation
from fireline.assess.quoting import literal, qualified
from fireline.assess.rights import READS, connected
from fireline.assess.sight import COMPLAINTS, FAMILY, asked_first, oids, shown, tables, tried, twins
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "owner_bypasses_rls"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Tables whose policies hold for nobody, as who uses them is their owner; one verdict for each owner."""
    seen = snapshot.last("policies", Policies)
    if seen is None:
        return ()
    here = connected(snapshot)
    by_owner: dict[str, list[Relation]] = {}
    for table in passing.passing_owners(seen, here, asked=snapshot.complaint.about(*COMPLAINTS)):
        by_owner.setdefault(table.owner, []).append(table)
    return tuple(_verdict(snapshot, seen, owner, found) for owner, found in sorted(by_owner.items()))


def _verdict(snapshot: Snapshot, seen: Policies, owner: str, owned: list[Relation]) -> Verdict:
    found = asked_first(snapshot, [Opening(one, {owner: READS}) for one in owned])
    here = owner in connected(snapshot)
    asked = snapshot.complaint.about(*COMPLAINTS)
    severity: Severity = "high" if here or asked else "medium"
    first = found[0].relation
    facts = [
        Evidence("pg_class", f"{owner} owns {tables(found)}; relrowsecurity is true, relforcerowsecurity false"),
        Evidence("pg_policy", f"{first.path} has {len(first.policies)}, which hold for everybody but its owner"),
    ]
    facts.append(_used(seen, owner, first, here=here))
    facts += [fact for one in found[:4] for fact in shown(snapshot, one.roles, one.relation)]
    proved = any((trial := tried(snapshot, owner, one.relation)) and trial.rows for one in found)
    return Verdict(
        cause=LABEL,
        title=f"The policies of {tables(found)} do not hold for {owner}, as it owns {'them' if len(found) > 1 else 'the table'}.",
        severity=severity,
        confidence=(0.95 if proved else 0.88) if here else 0.75,
        objects=tuple(one.relation.path for one in found),
        evidence=tuple(facts),
        explains=("a tenant sees all tenants", "policies have no effect"),
        rejected=_rejected(seen, first, owner),
        remedy=Cure(
            text=f"Force row security: then the policies hold for {owner} too. Where a policy needs a setting of the session, such as a tenant's id,"
            " a session without it sees nothing: migrations and jobs that run as the owner are bound as well. The better way, with more time:"
            " a role for the application that owns nothing.",
            sql=tuple(
                f"ALTER TABLE {qualified(one.relation.schema, one.relation.name)} FORCE ROW LEVEL SECURITY"
                for one in found
            ),
            undo=tuple(
                f"ALTER TABLE {qualified(one.relation.schema, one.relation.name)} NO FORCE ROW LEVEL SECURITY"
                for one in found
            ),
        ),
        probe=Probe(
            f"SELECT relname FROM pg_class WHERE oid IN ({oids(found)}) AND relrowsecurity AND NOT relforcerowsecurity"  # noqa: S608 - numbers
            f" AND pg_get_userbyid(relowner) = {literal(owner)}",
            "rows = 0",
        ),
    )


def _used(seen: Policies, owner: str, table: Relation, *, here: bool) -> Evidence:
    if here:
        return Evidence("pg_stat_activity", f"{owner} is connected, and works as the owner of its tables")
    meant = passing.bindable(seen, table)
    return Evidence(
        "pg_class.relacl", f"nobody else has rights on {table.path}" if not meant else f"a policy names {owner} itself"
    )


def _rejected(seen: Policies, table: Relation, owner: str) -> tuple[Rejected, ...]:
    facts = [one for one in twins(seen, table, [owner], but=LABEL) if one.cause != "definer_view_bypasses_rls"]
    return (*facts, Rejected("definer_view_bypasses_rls", f"{owner} reads {table.path} itself"))


cause = Cause(LABEL, FAMILY, judge, ("policies", "locks"), COMPLAINTS)
