"""A table without row security is open to strangers, where the database otherwise keeps them out."""

from __future__ import annotations

from fireline.assess import access, passing
from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies
from fireline.assess.quoting import qualified
from fireline.assess.rights import WRITES, connected
from fireline.assess.sight import (
    COMPLAINTS,
    FAMILY,
    as_argument,
    asked_first,
    harmless,
    oids,
    shown,
    sure,
    tables,
    twins,
    who,
)
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Severity, Verdict

LABEL = "rls_disabled_exposed"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Tables that strangers may read or change; with a complaint also such as an ordinary role may, if nothing else explains it."""
    seen = snapshot.last("policies", Policies)
    if seen is None:
        return ()
    found = [one for one in access.open_tables(seen) if not harmless(snapshot, one.roles, one.relation)]
    if not found and snapshot.complaint.about(*COMPLAINTS) and not _explained(snapshot, seen):
        doubtful = [
            one for one in access.open_tables(seen, doubtful=True) if not harmless(snapshot, one.roles, one.relation)
        ]
        found = [one for one in doubtful if snapshot.complaint.mentions(one.relation.name)]
    return (_verdict(snapshot, seen, asked_first(snapshot, found)),) if found else ()


def _explained(snapshot: Snapshot, seen: Policies) -> bool:
    here = connected(snapshot)
    return bool(
        access.ignored_policies(seen) or access.open_policies(seen) or passing.leaking_views(seen)
        or passing.passing_roles(seen, here) or passing.passing_owners(seen, here, asked=True)
    )  # fmt: skip


def _verdict(snapshot: Snapshot, seen: Policies, found: list[Opening]) -> Verdict:
    roles = {role for one in found for role in one.roles}
    writes = any(set(had) & set(WRITES) for one in found for had in one.roles.values())
    severity: Severity = "high" if writes or snapshot.complaint.about(*COMPLAINTS) else "medium"
    facts = [Evidence("pg_class", f"row security is off at {tables(found)}, and there is no policy")]
    facts += [Evidence("pg_class.relacl", _granted(one)) for one in found[:5]]
    facts += [fact for one in found for fact in shown(snapshot, one.roles, one.relation)]
    return Verdict(
        cause=LABEL,
        title=f"{'Tables' if len(found) > 1 else 'Table'} {tables(found)} {'have' if len(found) > 1 else 'has'} no row security and {'are' if len(found) > 1 else 'is'} open to {who(roles)}.",
        severity=severity,
        confidence=sure(snapshot, found, 0.85 if found[0].outside else 0.6),
        objects=tuple(one.relation.path for one in found),
        evidence=tuple(facts),
        explains=("anybody can read the data", *(("anybody can change the data",) if writes else ())),
        rejected=twins(seen, found[0].relation, found[0].roles, but=LABEL),
        remedy=Cure(
            text="Switch row security on: from then on nobody but the owner and roles that bypass it sees a row or can change one, until"
            " policies let them. An application that reads the table as another role is shut out too: write its policies first, or right after.",
            sql=tuple(
                f"ALTER TABLE {qualified(one.relation.schema, one.relation.name)} ENABLE ROW LEVEL SECURITY"
                for one in found
            ),
            undo=tuple(
                f"ALTER TABLE {qualified(one.relation.schema, one.relation.name)} DISABLE ROW LEVEL SECURITY"
                for one in found
            ),
        ),
        probe=Probe(_still_open(found), "rows = 0"),
    )


def _granted(one: Opening) -> str:
    given = "; ".join(f"{role} has {', '.join(had)}" for role, had in sorted(one.roles.items()))
    return f"on {one.relation.path} {given}"


def _still_open(found: list[Opening]) -> str:
    roles = sorted({role for one in found for role in one.roles})
    rights = " OR ".join(
        f"has_table_privilege({as_argument(role)}, oid, 'SELECT, INSERT, UPDATE, DELETE')" for role in roles
    )
    return f"SELECT relname FROM pg_class WHERE oid IN ({oids(found)}) AND NOT relrowsecurity AND ({rights})"  # noqa: S608 - numbers and literals


cause = Cause(LABEL, FAMILY, judge, ("policies",), COMPLAINTS)
