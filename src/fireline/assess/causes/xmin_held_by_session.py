"""A session keeps an old transaction open: vacuum runs, and may not remove what has died since."""

# ruff: noqa: S608 - only numbers and moments go into these texts, as SQL literals
from __future__ import annotations

import shlex

from fireline.assess.checks.horizon import Holder, Horizon
from fireline.assess.held_back import (
    Kept,
    facts,
    held_for,
    holders,
    kept,
    of_dead_rows,
    pressed,
    same,
    severity,
    twins,
    vacuumed_in_vain,
)
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "xmin_held_by_session"
LONG_SECONDS, MANY = 1800.0, 10_000  # idle for long while the others went on


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The oldest session that holds back dead rows; without dead rows left by a vacuum, only when asked or idle for long."""
    horizon, asked = snapshot.last("horizon", Horizon), of_dead_rows(snapshot)
    found = holders(snapshot, "session")
    if horizon is None or not found or (pressed(snapshot) and not asked):
        return ()
    one = found[0]
    left = kept(snapshot, one.since)
    old = _idle(one) and age(horizon.at, one.since) >= LONG_SECONDS and one.oldest >= MANY
    if not (left or old or (asked and (_idle(one) or age(horizon.at, one.since) > LONG_SECONDS))):
        return ()
    alike = [other for other in found if other.oldest == one.oldest and kept(snapshot, other.since)] or [one]
    return (_verdict(snapshot, horizon, alike, left),)


def _idle(one: Holder) -> bool:
    return (one.state or "").startswith("idle in transaction")


def _verdict(snapshot: Snapshot, horizon: Horizon, found: list[Holder], left: list[Kept]) -> Verdict:
    one = found[0]
    what = "An idle transaction" if _idle(one) else "A long transaction"
    work = "is idle in its transaction" if _idle(one) else "is at work"
    loses = "its uncommitted changes are lost" if one.wrote else "it has written nothing, so only an open read is lost"
    then = tuple(f"VACUUM (ANALYZE) {each.name}" for each in left[:3])
    return Verdict(
        cause=LABEL,
        title=f"{what} keeps vacuum from removing dead rows.",
        severity=severity(left),
        confidence=0.95 if left else 0.6,
        objects=tuple([f"pid {each.pid}" for each in found] + [each.name for each in left[:5]]),
        evidence=(
            *(_fact(horizon, each) for each in found),
            *facts(left),
        ),
        explains=("tables grow though vacuum runs", "queries become slower and slower"),
        rejected=(*twins(snapshot, one, "session"), vacuumed_in_vain(left)),
        remedy=Cure(
            text=f"End pid {one.pid} ({one.application or one.owner}), which {work}: {loses}. Then vacuum; what has already"
            " grown is used again, not given back. Set idle_in_transaction_session_timeout, and find where it forgets to commit.",
            sql=(
                *(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {same(each)}" for each in found),
                *then,
            ),
            level="reversible",
            command=f"fireline resolve terminate-session {one.pid} --target {shlex.quote(snapshot.target)}",
        ),
        probe=Probe(
            " UNION ALL ".join(f"SELECT pid FROM pg_stat_activity WHERE {same(each)}" for each in found), "rows = 0"
        ),
    )


def _fact(horizon: Horizon, one: Holder) -> Evidence:
    return Evidence(
        "pg_stat_activity",
        f"pid {one.pid} ({one.application or one.owner}@{one.client or 'local'}) is {one.state}, its transaction open"
        f"{held_for(horizon.at, one)}; it holds back {one.oldest} transactions; last statement: {shortened(one.query or '')}",
    )


cause = Cause(LABEL, "storage", judge, ("horizon", "tables"), ("bloat", "slow"))
