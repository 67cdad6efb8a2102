"""A prepared transaction was never finished: vacuum runs, and may not remove what has died since; no session is to blame."""

from __future__ import annotations

from fireline.assess.checks.horizon import Holder, Horizon
from fireline.assess.held_back import (
    Kept,
    facts,
    held_for,
    holders,
    kept,
    of_dead_rows,
    pressed,
    severity,
    twins,
    vacuumed_in_vain,
)
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.tangle import lasting
from fireline.assess.telling import age
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "xmin_held_by_prepared"
LONG_SECONDS = 900.0  # what is prepared is finished within moments


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The oldest prepared transaction; unless somebody waits for its locks, which is the worse trouble."""
    horizon, asked = snapshot.last("horizon", Horizon), of_dead_rows(snapshot)
    found = holders(snapshot, "prepared")
    if horizon is None or not found or (not asked and (pressed(snapshot) or _waited_for(snapshot))):
        return ()
    one = found[0]
    left = kept(snapshot, one.since)
    if not (left or asked or age(horizon.at, one.since) >= LONG_SECONDS):
        return ()
    return (_verdict(snapshot, horizon, one, left),)


def _waited_for(snapshot: Snapshot) -> bool:
    return any(root.prepared for tangle in lasting(snapshot) for root in tangle.roots)


def _verdict(snapshot: Snapshot, horizon: Horizon, one: Holder, left: list[Kept]) -> Verdict:
    return Verdict(
        cause=LABEL,
        title=f"The prepared transaction {one.name} was never finished and keeps vacuum from removing dead rows.",
        severity=severity(left),
        confidence=0.95 if left else 0.7,
        objects=(f"prepared {one.name}", *(each.name for each in left[:5])),
        evidence=(
            Evidence(
                "pg_prepared_xacts",
                f"{one.name} of {one.owner} in {one.database} is prepared{held_for(horizon.at, one)}; it holds back {one.oldest} transactions",
            ),
            *facts(left),
        ),
        explains=("tables grow though vacuum runs", "queries become slower and slower"),
        rejected=(*twins(snapshot, one, "prepared"), vacuumed_in_vain(left)),
        remedy=Cure(
            text=f"Ask whoever runs the transaction manager whether {one.name} committed elsewhere. If it did not, roll it back"
            f" (as {one.owner} or a superuser, in database {one.database}); if it did, COMMIT PREPARED instead. Neither can be"
            " undone. Then vacuum.",
            sql=(f"ROLLBACK PREPARED {literal(one.name)}", *(f"VACUUM (ANALYZE) {each.name}" for each in left[:3])),
            level="destructive",
        ),
        probe=Probe(f"SELECT gid FROM pg_prepared_xacts WHERE gid = {literal(one.name)}", "rows = 0"),  # noqa: S608 - a literal
    )


cause = Cause(LABEL, "storage", judge, ("horizon", "tables"), ("bloat", "slow"))
