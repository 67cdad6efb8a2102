"""A view reads a table with row security as its owner, whom no policy binds: who may read the view sees every row."""

from __future__ import annotations

from fireline.assess import passing
from fireline.assess.access import Opening
from fireline.assess.checks.policies import Policies, Relation
from fireline.assess.quoting import literal, qualified
from fireline.assess.sight import (
    COMPLAINTS,
    FAMILY,
    as_argument,
    asked_first,
    grantee,
    harmless,
    shown,
    sure,
    twins,
    who,
)
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "definer_view_bypasses_rls"
_HAS_INVOKER = 150000


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every view through which strangers, or roles that a table's policies hold for, see the table whole."""
    seen = snapshot.last("policies", Policies)
    if seen is None:
        return ()
    found = [one for one in passing.leaking_views(seen) if one.view and not harmless(snapshot, one.roles, one.view)]
    return (_verdict(snapshot, seen, asked_first(snapshot, found)),) if found else ()


def _verdict(snapshot: Snapshot, seen: Policies, found: list[Opening]) -> Verdict:
    views = list({one.view.oid: one.view for one in found if one.view}.values())
    roles = {role for one in found for role in one.roles}
    outside = any(one.outside for one in found)
    names = listed([view.path for view in views])
    facts = [_fact(one, one.view) for one in found[:8] if one.view]
    facts += [
        fact
        for one in found
        if one.view
        for fact in (*shown(snapshot, one.roles, one.view), *shown(snapshot, one.roles, one.relation))
    ]
    rest = tuple(one for one in twins(seen, found[0].relation, roles, but=LABEL))
    return Verdict(
        cause=LABEL,
        title=f"{'Views' if len(views) > 1 else 'View'} {names} {'show' if len(views) > 1 else 'shows'} {who(roles)} every row of {listed([one.relation.path for one in found])}, past its row security.",
        severity="high" if outside or snapshot.complaint.about(*COMPLAINTS) else "medium",
        confidence=sure(snapshot, found, 0.93),
        objects=(*(view.path for view in views), *dict.fromkeys(one.relation.path for one in found)),
        evidence=tuple(facts),
        explains=("a protected table can be read", "rows of others are visible"),
        rejected=rest or (Rejected("rls_disabled_exposed", "row security is on at the table"),),
        remedy=_cure(snapshot, views, found),
        probe=Probe(_still(snapshot, views, roles), "rows = 0"),
    )


def _fact(one: Opening, view: Relation) -> Evidence:
    kind = "materialised view, filled" if view.kind == "m" else "view without security_invoker, read"
    return Evidence(
        "pg_rewrite",
        f"{view.path} is a {kind} with the rights of {view.owner}, whom the policies of {one.relation.path} do not bind; {who(one.roles)} may read it",
    )


def _invoker(snapshot: Snapshot, view: Relation) -> bool:
    return view.kind == "v" and snapshot.server is not None and snapshot.server.number >= _HAS_INVOKER


def _cure(snapshot: Snapshot, views: list[Relation], found: list[Opening]) -> Cure:
    sql, undo = [], []
    for view in views:
        name = qualified(view.schema, view.name)
        if _invoker(snapshot, view):
            sql.append(f"ALTER VIEW {name} SET (security_invoker = true)")
            undo.append(f"ALTER VIEW {name} RESET (security_invoker)")
            continue
        for role in sorted({role for one in found if one.view and one.view.oid == view.oid for role in one.roles}):
            sql.append(f"REVOKE SELECT ON {name} FROM {grantee(role)}")  # noqa: S608 - quoted names
            undo.append(f"GRANT SELECT ON {name} TO {grantee(role)}")
    return Cure(
        text="Let the view read with the rights of who asks: then the policies of the table hold. Whoever has no rights on the table itself"
        " gets an error from the view instead of rows. A materialised view, and any view before PostgreSQL 15, can only be taken away from them.",
        sql=tuple(sql),
        undo=tuple(undo),
    )


def _still(snapshot: Snapshot, views: list[Relation], roles: set[str]) -> str:
    rights = " OR ".join(f"has_table_privilege({as_argument(role)}, oid, 'SELECT')" for role in sorted(roles))
    numbers = ", ".join(str(view.oid) for view in views)
    invoker = literal("security_invoker=(true|on|yes|1)")
    return (
        f"SELECT relname FROM pg_class WHERE oid IN ({numbers}) AND ({rights})"  # noqa: S608 - numbers and literals
        f" AND NOT coalesce(lower(array_to_string(reloptions, ',')) ~ {invoker}, false)"
    )


cause = Cause(LABEL, FAMILY, judge, ("policies",), COMPLAINTS)
