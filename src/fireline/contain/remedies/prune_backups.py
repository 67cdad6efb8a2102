"""Delete backups that are more and older than the settings keep; never the last that was proved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from fireline import clock
from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.recovery import backups, retention
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict, durations
from fireline.settings import duration
from fireline.sizes import size


class PruneBackups(Parameters):
    """How many are kept."""

    keep: int | None = Field(None, ge=1, description="how many are kept whatever their age; by default recovery.keep")
    older: str | None = Field(None, description="only those older than this, such as 30d; by default recovery.keep_for")

    _times = durations("older")


def plan(target: Target, parameters: PruneBackups, hand: Hand) -> Plan:
    """Which would go."""
    settings = hand.settings.recovery
    with hand.store.transaction() as conn:
        backups.find(conn, hand.settings)
        rows = backups.whole(conn, target.name)
    span = duration(parameters.older) if parameters.older else settings.keep_for
    going = retention.too_many(rows, clock.now(), keep=parameters.keep or settings.keep, keep_for=span)
    total = sum(row["bytes"] or 0 for row in rows if row["name"] in going)
    parts = [
        {
            "what": row["name"],
            "why": f"of {row['snapshot_at']:%Y-%m-%d %H:%M} UTC",
            "gain": size(row["bytes"] or 0),
        }
        for row in rows
        if row["name"] in going
    ]
    return Plan(
        summary=f"Delete {len(going)} of {len(rows)} backups of {target.name}, {size(total)}."
        if going
        else f"Nothing to delete: the {len(rows)} backups of {target.name} are all to be kept.",
        effect="Deleted backups are gone. The newest verified one and the newest proved one always stay."
        if going
        else "Nothing.",
        undo="There is no way back: the files are deleted.",
        level="destructive" if going else "read",
        captured={"names": going, "parts": parts},
    )


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Row first, then the files, one backup after the other."""
    freed, gone, elsewhere = 0, 0, []
    for name in plan.captured["names"]:
        with hand.store.transaction() as conn:
            row = backups.get(conn, name)
            still = {one["name"] for one in backups.whole(conn, target.name)}
            last = {
                kept for kept in (backups.newest(conn, target.name, proof) for proof in ("verified", "proved")) if kept
            }
        if name in last or name not in still:
            continue  # the world has changed since the plan: this one is the last proved one now, or gone
        if not Path(row["folder"]).is_dir():
            elsewhere.append(name)
            continue
        try:
            freed += retention.remove(Path(row["folder"]))
        except Refused:
            elsewhere.append(name)
            continue
        with hand.store.transaction() as conn:
            backups.set_gone(conn, name, f"pruned by {hand.actor}")
        gone += 1
    there = f"; not on this machine: {', '.join(elsewhere)}" if elsewhere else ""
    facts: dict[str, Any] = {"deleted": gone, "bytes": freed, "elsewhere": elsewhere}
    return Outcome(not elsewhere, f"{gone} backups of {target.name} deleted, {size(freed)} freed{there}", facts)


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether they are gone."""
    with hand.store.transaction() as conn:
        left = {row["name"] for row in backups.whole(conn, target.name)} & set(plan.captured["names"])
    return Verdict(not left, "They are gone." if not left else f"Still there: {', '.join(sorted(left))}.")


remedy = Remedy(
    name="prune-backups",
    phase="contain",
    summary="Delete backups that need not be kept.",
    level="destructive",
    parameters=PruneBackups,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="the files are deleted",
    words=("clean up old backups", "prune backups", "delete old backups"),
    offline=True,
)
