"""A planner setting keeps the planner from the indexes there are, for a role, a database or the whole server."""

from __future__ import annotations

from fireline.assess.origin import Origin, gone, in_order, origins, truth
from fireline.assess.reasons import COSTS, GUC, METHODS, Reason, absurd, effective, reasons
from fireline.assess.slow import felt
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, seen, severity, size, twins, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Rejected, Verdict

LABEL = GUC
_DEFAULT = {"random_page_cost": "4", "cpu_index_tuple_cost": "0.005", "seq_page_cost": "1", "plan_cache_mode": "auto"}


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Settings that slow statements run under; and, without one seen, those that leave the planner no index at all."""
    found = list(reasons(snapshot, LABEL))
    blamed = tuple(dict.fromkeys(origin for one in found for origin in one.origins))
    blamed = blamed or _absurd(snapshot)
    return (_verdict(snapshot, found, blamed),) if blamed else ()


def _absurd(snapshot: Snapshot) -> tuple[Origin, ...]:
    """Settings that nobody means: no index at all, for whoever it is."""
    roles = {one.role for one in origins(snapshot, *METHODS, *COSTS)}
    for role in sorted(roles, key=lambda role: (role is not None, role or "")):
        given = effective(snapshot, role)
        off = [one for one in given if one.name in ("enable_indexscan", "enable_bitmapscan") and not truth(one.value)]
        dear = [one for one in given if absurd(one)]
        if len(off) > 1 or dear:
            return (*(off if len(off) > 1 else ()), *dear)
    return ()


def _verdict(snapshot: Snapshot, found: list[Reason], blamed: tuple[Origin, ...]) -> Verdict:
    slows = [one.scan.slow for one in found]
    names = listed([one.name for one in blamed])
    return Verdict(
        cause=LABEL,
        title=f"The planner may not use the indexes there are: {names} of {listed([one.whom for one in blamed])}.",
        severity=severity(snapshot, slows) if slows else "high" if felt(snapshot) else "medium",
        confidence=0.95 if slows else 0.8,
        objects=tuple(one.object for one in blamed),
        evidence=(
            *(one.evidence for one in blamed),
            *(seen(one) for one in slows[:3]),
            *((size(found[0].scan),) if found else ()),
        ),
        explains=("everything is slow at once", *EXPLAINS),
        rejected=twins(snapshot, found[0]) if found else _without(names),
        remedy=Cure(
            text="Take the setting back. Sessions that are connected keep the old one until they connect anew.",
            sql=in_order(sql for one in blamed for sql in one.takes_back(_DEFAULT.get(one.name, "on"))),
            level="reversible",
            undo=in_order(sql for one in blamed for sql in one.gives_again()),
        ),
        probe=gone(snapshot, blamed),
        hurt=weight(slows),
    )


def _without(names: str) -> tuple[Rejected, ...]:
    because = f"whatever index there were, {names} would keep the planner from it"
    return (Rejected("missing_index", because), Rejected("invalid_index", because))


cause = Cause(LABEL, FAMILY, judge, ("settings",), COMPLAINTS)
