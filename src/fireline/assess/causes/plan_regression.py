"""A statement reads far more for the same rows than it did some hours ago: its plan is another one, and worse.

A drill has no earlier looks to compare with: tests/assess/test_memory.py makes this fault for real.
"""

from __future__ import annotations

from fireline.assess.ground import Difference, tables_of
from fireline.assess.plan_again import back, is_back
from fireline.assess.reasons import MISSING, reasons, stale
from fireline.assess.regressions import Regression, figures, regressions
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Evidence, Rejected, Severity, Verdict

LABEL = "plan_regression"
EARLIER = "earlier looks"
_MOST = 3
_HIGH_MS, _HIGH_LOAD = 1000.0, 500.0  # of a call; milliseconds of work a second
_SURE = {"index": 0.9, "setting": 0.85, "statistics": 0.7, "growth": 0.6}


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """One verdict for each reason, the one with most load first; where none is known, one for each statement."""
    groups: dict[str, list[Regression]] = {}
    for one in regressions(snapshot):
        groups.setdefault(one.reason.object if one.reason else one.change.text, []).append(one)
    return tuple(_verdict(snapshot, group) for group in list(groups.values())[:_MOST])


def _verdict(snapshot: Snapshot, group: list[Regression]) -> Verdict:
    first, reason = group[0], group[0].reason
    return Verdict(
        cause=LABEL,
        title=_title(first, reason),
        severity=_severity(group),
        confidence=_SURE[reason.kind] if reason else 0.5,
        objects=(reason.object.replace("\t", " ").strip() if reason else shortened(first.change.text),),
        evidence=(
            *(_fact(one) for one in group[:_MOST]),
            *(Evidence(EARLIER, one.words) for one in first.reasons[:_MOST]),
        ),
        explains=("a plan turned bad all of a sudden", "fast until today", *EXPLAINS),
        rejected=_twins(snapshot, first),
        remedy=back(snapshot, group),
        probe=is_back(snapshot, group),
        hurt=round(sum(one.change.now.load for one in group if one.change.now) / 10),
        about=tuple(one.change.text for one in group),
    )


def _title(first: Regression, reason: Difference | None) -> str:
    worse = "statements do far more for the same rows than before"
    if reason is None:
        return f"A statement does far more for the same rows than before: {shortened(first.change.text)}."
    if reason.kind == "index" and reason.index:
        return f"The index {reason.index.name} of {reason.index.table} can not be used any more, and {worse}."
    if reason.kind == "setting":
        return f"The setting {reason.object.rpartition(chr(9))[2]} is not what it was, and {worse}."
    changed = "The planner's figures of {} were taken anew" if reason.kind == "statistics" else "{} has grown"
    return f"{changed.format(reason.object)}, and {worse}."


def _severity(group: list[Regression]) -> Severity:
    rates = [one.change.now for one in group if one.change.now]
    bad = any(one.mean_ms >= _HIGH_MS for one in rates) or sum(one.load for one in rates) >= _HIGH_LOAD
    return "high" if bad else "medium"


def _fact(one: Regression) -> Evidence:
    change = one.change
    return Evidence(EARLIER, f"{shortened(change.text)}: now {figures(change.now)}; before {figures(change.before)}")


def _twins(snapshot: Snapshot, first: Regression) -> tuple[Rejected, ...]:
    now, before = first.change.now, first.change.before
    tables, text = tables_of(snapshot, first.change.text), first.change.text
    paths = ", ".join(table.path for table in tables)
    waits = snapshot.locks[-1].blocked if snapshot.locks else {}
    facts = {
        "n_plus_one": f"a call looks at {now.blocks:,.0f} blocks instead of {before.blocks:,.0f}; it is not the number of calls" if now and before else "",
        "autovacuum_disabled_table": f"{paths}: no more dead rows than live ones" if tables else "",
        "idle_in_tx_row_lock": "nobody waits for a lock" if not waits else "",
        "missing_index": "an index that served it was there before" if first.reason and first.reason.kind == "index"
        else "no column it asks by wants an index" if text not in [one.scan.slow.text for one in reasons(snapshot, MISSING)] else "",
        "stale_statistics": f"{sum(table.changed for table in tables):,} rows of {paths} were changed since they were analysed"
        if tables and not any(stale(snapshot, table) for table in tables) else "",
    }  # fmt: skip
    return tuple(Rejected(cause, because) for cause, because in facts.items() if because)


cause = Cause(LABEL, FAMILY, judge, ("statements", "past", "tables", "indexes"), COMPLAINTS, gives_way=True)
