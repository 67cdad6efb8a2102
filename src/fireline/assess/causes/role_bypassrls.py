"""A role that policies are meant for has BYPASSRLS: it sees every row."""

from __future__ import annotations

from fireline.assess import passing
from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies, Relation
from fireline.assess.quoting import ident, literal
from fireline.assess.rights import READS, connected
from fireline.assess.sight import COMPLAINTS, FAMILY, shown, sure, twins
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "role_bypassrls"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every such role; with a complaint also one that is connected, or that the complaint names."""
    seen = snapshot.last("policies", Policies)
    if seen is None:
        return ()
    also = frozenset(name for name, role in seen.roles.items() if role.bypasses and _suspected(snapshot, name))
    found = passing.passing_roles(seen, also)
    return tuple(_verdict(snapshot, seen, name, tables) for name, tables in sorted(found.items()))


def _suspected(snapshot: Snapshot, name: str) -> bool:
    return snapshot.complaint.about(*COMPLAINTS) and (name in connected(snapshot) or snapshot.complaint.mentions(name))


def _verdict(snapshot: Snapshot, seen: Policies, name: str, tables: list[Relation]) -> Verdict:
    role = seen.roles[name]
    openings = [Opening(one, {name: READS}) for one in tables]
    named = [one.path for one in tables if any(name in policy.roles for policy in one.policies)]
    facts = [
        Evidence("pg_roles", f"rolbypassrls is true for {name}{'' if role.login else ', which cannot log in itself'}"),
        Evidence(
            "pg_class.relacl", f"{name} may read {listed([one.path for one in tables])}, where row security is on"
        ),
    ]
    if named:
        facts.append(Evidence("pg_policy", f"policies of {listed(named)} are made for {name}, and do not bind it"))
    facts += [fact for one in openings[:4] for fact in shown(snapshot, one.roles, one.relation)]
    rejected = twins(seen, tables[0], [name], but=LABEL)
    return Verdict(
        cause=LABEL,
        title=f"Role {name} bypasses row security: no policy holds for it.",
        severity="high",
        confidence=sure(snapshot, openings, 0.9),
        objects=(name, *(one.path for one in tables[:20])),
        evidence=tuple(facts),
        explains=("a role sees every row", "policies have no effect"),
        rejected=rejected or (Rejected("rls_disabled_exposed", "row security is on"),),
        remedy=Cure(
            text=f"Take the attribute away: from then on the policies hold for {name}, in its open sessions too. Jobs that have to see every row"
            " (a backup, an export) need a role of their own for it. Then look at what it has read: see the log and pg_stat_statements.",
            sql=(f"ALTER ROLE {ident(name)} NOBYPASSRLS",),
            undo=(f"ALTER ROLE {ident(name)} BYPASSRLS",),
        ),
        probe=Probe(f"SELECT rolname FROM pg_roles WHERE rolname = {literal(name)} AND rolbypassrls", "rows = 0"),  # noqa: S608 - a literal
    )


cause = Cause(LABEL, FAMILY, judge, ("policies",), COMPLAINTS)
