"""What the causes of the security family have in common: proofs by trial, twins ruled out, words for roles. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fireline.assess.access import Opening, let_through
from fireline.assess.checks.policies import PUBLIC, Policies, Relation
from fireline.assess.follow_ups.exposure import ENOUGH, Exposure, Seen
from fireline.assess.quoting import ident, literal
from fireline.assess.rights import bound, outsiders, shares
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Evidence, Rejected

FAMILY = "security"
COMPLAINTS = ("exposed",)
_TRIAL = "acting as the role, rolled back"
MOST = 30  # tables that one verdict changes


def tried(snapshot: Snapshot, role: str, relation: Relation) -> Seen | None:
    """What came of acting as a role; for PUBLIC, as somebody who has what everybody has."""
    exposure, seen = snapshot.last("exposure", Exposure), snapshot.last("policies", Policies)
    if exposure is None or seen is None:
        return None
    name = next(iter(outsiders(seen)), role) if role == PUBLIC else role
    return exposure.of(name, relation)


def harmless(snapshot: Snapshot, roles: Iterable[str], relation: Relation) -> bool:
    """Whether the trial showed for every one of these roles that it sees nothing there."""
    trials = [tried(snapshot, role, relation) for role in roles]
    return bool(trials) and all(
        one is not None and (one.denied or (one.rows == 0 and bool(one.ours))) for one in trials
    )


def shown(snapshot: Snapshot, roles: Iterable[str], relation: Relation) -> list[Evidence]:
    """What the trials showed, as facts."""
    found = []
    for role in roles:
        one = tried(snapshot, role, relation)
        if one is not None and one.rows is not None:
            more = " or more" if one.rows >= ENOUGH else ""
            ours = (
                ""
                if one.ours is None or one.ours == one.rows
                else f", we see {one.ours}{' or more' if one.ours >= ENOUGH else ''}"
            )
            found.append(Evidence(_TRIAL, f"{one.role} sees {one.rows}{more} rows of {relation.path}{ours}"))
    return found


def sure(snapshot: Snapshot, openings: Iterable[Opening], otherwise: float) -> float:
    """How sure: proved by trial, or as far as the catalogs tell."""
    for one in openings:
        for role in one.roles:
            trial = tried(snapshot, role, one.view or one.relation)
            if trial is not None and trial.rows:
                return 0.98
    return otherwise


def asked_first(snapshot: Snapshot, openings: list[Opening]) -> list[Opening]:
    """Only those the complaint is about, when it names one of them; else all, the largest first."""
    named = [
        one
        for one in openings
        if snapshot.complaint.mentions(one.relation.name, *([one.view.name] if one.view else []))
    ]
    return sorted(named or openings, key=lambda one: (-one.relation.rows, one.relation.path))[:MOST]


def who(roles: Iterable[str]) -> str:
    """Roles in a sentence."""
    names = sorted(roles)
    if PUBLIC in names:
        return "every role"
    return listed(names)


def tables(openings: Iterable[Opening]) -> str:
    """Tables in a sentence."""
    return listed([one.relation.path for one in openings])


def grantee(role: str) -> str:
    """A role as GRANT and REVOKE take it."""
    return PUBLIC if role == PUBLIC else ident(role)


def as_argument(role: str) -> str:
    """A role as has_table_privilege takes it."""
    return literal("public" if role == PUBLIC else role)


def oids(openings: Iterable[Opening]) -> str:
    """The numbers of the tables, for a probe."""
    return ", ".join(str(oid) for oid in dict.fromkeys(one.relation.oid for one in openings))


def twins(seen: Policies, relation: Relation, roles: Iterable[str], *, but: str) -> tuple[Rejected, ...]:
    """Why the others of the group are not what lets these roles see a table's rows."""
    names = [name for name in roles if name != PUBLIC]
    known = [seen.roles[name] for name in names if name in seen.roles]
    open_ones = [one.name for one in relation.policies if let_through(one)]
    facts = {
        "rls_disabled_exposed": f"row security is on at {relation.path}" if relation.secured else "",
        "rls_policy_always_true": f"{relation.path} has no policies" if not relation.policies
        else f"none of the policies of {relation.path} lets every row through" if not open_ones else "",
        "definer_view_bypasses_rls": f"no view is needed: the rights are on {relation.path} itself",
        "role_bypassrls": f"{listed(names) or 'no role'} has no BYPASSRLS" if not any(one.bypasses for one in known) else "",
        "owner_bypasses_rls": f"{relation.path} is owned by {relation.owner}" if all(relation.owner not in shares(seen, name) for name in names) else "",
        "policy_rls_disabled": f"{relation.path} has no policies that wait to be switched on" if not relation.policies
        else f"row security is on at {relation.path}" if relation.secured else "",
    }  # fmt: skip
    return tuple(Rejected(twin, because) for twin, because in facts.items() if because and twin != but)


def restricted(seen: Policies, relation: Relation) -> list[str]:
    """Roles with grants on a table whom its policies hold for."""
    return [name for name in relation.grants if name in seen.roles and bound(seen, name, relation)]
