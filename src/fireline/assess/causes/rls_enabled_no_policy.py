"""Row security is on and no policy lets a role read: it sees an empty table, without any error."""

from __future__ import annotations

from fireline.assess import access
from fireline.assess.access import Opening
from fireline.assess.checks.deletions import Deletions
from fireline.assess.checks.policies import Policies
from fireline.assess.checks.tables import Tables
from fireline.assess.quoting import ident, qualified
from fireline.assess.rights import connected, outsiders
from fireline.assess.sight import FAMILY, asked_first, oids, shown, tables, tried, who
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "rls_enabled_no_policy"
_COMPLAINTS = ("lost", "denied")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Tables that are shut for whom they were granted to. Nobody complaining, only for a role that is connected: shut may be meant."""
    seen = snapshot.last("policies", Policies)
    if seen is None:
        return ()
    found = [_really(snapshot, one) for one in access.shut_tables(seen)]
    if not snapshot.complaint.about(*_COMPLAINTS):
        here = connected(snapshot)
        found = [Opening(one.relation, {name: had for name, had in one.roles.items() if name in here}) for one in found]
    chosen = asked_first(snapshot, [one for one in found if one.roles])
    return (_verdict(snapshot, seen, chosen),) if chosen else ()


def _really(snapshot: Snapshot, one: Opening) -> Opening:
    """Without those whom a trial showed to see rows."""
    trials = {name: tried(snapshot, name, one.relation) for name in one.roles}
    return Opening(
        one.relation,
        {name: had for name, had in one.roles.items() if not ((seen := trials[name]) and (seen.rows or seen.denied))},
    )


def _verdict(snapshot: Snapshot, seen: Policies, found: list[Opening]) -> Verdict:
    roles = {role for one in found for role in one.roles}
    first = found[0].relation
    proved = [fact for one in found for fact in shown(snapshot, one.roles, one.relation)]
    facts = [
        Evidence(
            "pg_class",
            f"row security is on at {tables(found)}, for about {max(first.rows, 0):.0f} rows of {first.path}",
        ),
        Evidence("pg_policy", _policies(found)),
        *proved,
    ]
    there = any(
        (trial := tried(snapshot, role, one.relation)) and trial.rows == 0 and trial.ours
        for one in found
        for role in one.roles
    )
    return Verdict(
        cause=LABEL,
        title=f"Row security at {tables(found)} hides every row from {who(roles)}, as no policy lets {'it' if len(roles) == 1 else 'them'} read.",
        severity="high",
        confidence=0.97 if there else 0.85,
        objects=tuple(one.relation.path for one in found),
        evidence=tuple(facts),
        explains=("data seems to be missing", "an application shows no data"),
        rejected=_rejected(snapshot, found[0]),
        remedy=_cure(seen, found),
        probe=Probe(_still(found), "rows = 0"),
        hurt=1,
    )


def _policies(found: list[Opening]) -> str:
    first = found[0].relation
    if not first.policies:
        return f"{first.path} has no policy at all"
    return f"{first.path} has {len(first.policies)}, none of which lets {who(found[0].roles)} SELECT"


def _rejected(snapshot: Snapshot, one: Opening) -> tuple[Rejected, ...]:
    path, known = one.relation.path, snapshot.last("tables", Tables)
    table = known.by_oid.get(one.relation.oid) if known else None
    rows = max(one.relation.rows, 0)
    deletions = snapshot.last("deletions", Deletions)
    deleted = table.deleted if table else 0
    gone = (
        f"about {rows:.0f} rows are there"
        if not deletions or deleted or not rows
        else f"about {rows:.0f} rows are there, and no deletes are counted"
    )
    found = [
        Rejected("mass_delete", f"the rows of {path} are not gone: {gone}"),
        Rejected("search_path_override", f"the rights and the policies that hide the rows are those of {path} itself"),
    ]
    if table is None or table.persistence == "p":
        found.append(Rejected("unlogged_table_reset", f"{path} is an ordinary table, which a crash does not empty"))
    return tuple(found)


def _cure(seen: Policies, found: list[Opening]) -> Cure:
    sql, undo = [], []
    for one in found:
        name = qualified(one.relation.schema, one.relation.name)
        for role in sorted(one.roles):
            policy = ident(f"{role}_sees_all"[:63])
            sql.append(f"CREATE POLICY {policy} ON {name} TO {ident(role)} USING (true) WITH CHECK (true)")
            undo.append(f"DROP POLICY {policy} ON {name}")
    outside = [role for one in found for role in one.roles if role in outsiders(seen)]
    text = (
        "Write a policy for the role, with the condition that is meant for it. As written here it lets the role see and change every row,"
        " as if row security were off for it alone; that is right for the application's own role, which checks by itself who may see what."
    )
    if outside:
        return Cure(
            f"{text} {who(outside)} is who strangers come as: put the right condition in the place of true before you run it, what they have seen stays seen.",
            tuple(sql), "destructive", tuple(undo),
        )  # fmt: skip
    return Cure(text, tuple(sql), "reversible", tuple(undo))


def _still(found: list[Opening]) -> str:
    """Green when row security is off again, or a policy is there that lets somebody read."""
    return (
        f"SELECT c.relname FROM pg_class c WHERE c.oid IN ({oids(found)}) AND c.relrowsecurity AND NOT EXISTS"  # noqa: S608 - numbers
        " (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd IN ('r', '*') AND p.polpermissive"
        f" AND NOT p.oid IN ({_known(found)}))"
    )


def _known(found: list[Opening]) -> str:
    known = [str(policy.oid) for one in found for policy in one.relation.policies]
    return ", ".join(known) or "0"


cause = Cause(LABEL, FAMILY, judge, ("policies",), _COMPLAINTS)
