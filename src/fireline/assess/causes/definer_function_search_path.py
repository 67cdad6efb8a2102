"""A function acts with its owner's rights and looks names up where its caller says: the caller can put his own things there."""

from __future__ import annotations

from fireline.assess import acting
from fireline.assess.checks.policies import PUBLIC, Function, Policies
from fireline.assess.quoting import ident, qualified
from fireline.assess.sight import COMPLAINTS, FAMILY, MOST
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "definer_function_search_path"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every SECURITY DEFINER function without a search_path that somebody with fewer rights may call."""
    seen = snapshot.last("policies", Policies)
    found = acting.unpinned(seen) if seen else []
    named = [one for one in found if snapshot.complaint.mentions(one.name)]
    return (_verdict(snapshot, seen, (named or found)[:MOST]),) if seen and found else ()


def _verdict(snapshot: Snapshot, seen: Policies, found: list[Function]) -> Verdict:
    powerful = [one for one in found if seen.roles[one.owner].superuser]
    severity: Severity = "high" if powerful and snapshot.complaint.about(*COMPLAINTS) else "medium"
    names = listed([f"{one.schema}.{one.name}" for one in found])
    return Verdict(
        cause=LABEL,
        title=f"{'Functions' if len(found) > 1 else 'Function'} {names} {'run' if len(found) > 1 else 'runs'} with the owner's rights and the caller's search_path.",
        severity=severity,
        confidence=0.9,
        objects=tuple(_signature(one) for one in found),
        evidence=tuple(_fact(seen, one) for one in found[:8]),
        explains=("privilege escalation is possible",),
        rejected=(
            Rejected(
                "role_bypassrls", "what it lets a caller do comes from the function's owner, not from the caller's role"
            ),
            Rejected("definer_view_bypasses_rls", "it is a function: what it reads is looked up anew at each call"),
        ),
        remedy=Cure(
            text="Fix the path to the function's own schema, with temporary tables last; strictest is SET search_path = '', if the body names every"
            " table with its schema. What it calls from another schema must be named with that, or it fails: call it once afterwards.",
            sql=tuple(f"ALTER {_kind(one)} {_signature(one)} SET search_path = {_path(one)}" for one in found),
            undo=tuple(f"ALTER {_kind(one)} {_signature(one)} RESET search_path" for one in found),
        ),
        probe=Probe(_still(found), "rows = 0"),
    )


def _fact(seen: Policies, one: Function) -> Evidence:
    owner = f"{one.owner}, a superuser" if seen.roles[one.owner].superuser else one.owner
    who = "every role" if PUBLIC in one.callers else listed(acting.callers(seen, one))
    return Evidence(
        "pg_proc",
        f"{_signature(one)} is SECURITY DEFINER of {owner}, has no search_path in proconfig, and may be called by {who}",
    )


def _signature(one: Function) -> str:
    return f"{qualified(one.schema, one.name)}({one.arguments})"


def _kind(one: Function) -> str:
    return "PROCEDURE" if one.kind == "p" else "FUNCTION"


def _path(one: Function) -> str:
    return f"{ident(one.schema)}, pg_temp"


def _still(found: list[Function]) -> str:
    numbers = ", ".join(str(one.oid) for one in found)
    return (
        f"SELECT proname FROM pg_proc WHERE oid IN ({numbers}) AND prosecdef"  # noqa: S608 - numbers
        " AND NOT coalesce(array_to_string(proconfig, ',') LIKE '%search_path=%', false)"
    )


cause = Cause(LABEL, FAMILY, judge, ("policies",), COMPLAINTS)
