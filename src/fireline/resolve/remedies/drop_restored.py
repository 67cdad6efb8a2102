"""Drop a database that a restore made, or the one that a swap replaced: only what is provably ours, and there is no way back."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow
from pydantic import Field

from fireline.errors import FirelineError
from fireline.postgres.connect import Target, beside
from fireline.recovery import dropping, restores
from fireline.recovery.swapping.standing import by_number, sessions_in, size_of
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict


class DropRestored(Parameters):
    """Which restore; after a swap it is the replaced database that is dropped."""

    restore: str = Field(description="number of the restore, its database's name, or latest")
    now: bool = Field(False, description="also a replaced database that is to be kept longer")


def plan(target: Target, parameters: DropRestored, hand: Hand) -> Plan:
    """Which database that is, how large, who is in it, and what goes with it."""
    with hand.store.transaction() as own:
        row = restores.get(own, parameters.restore, target=target.name)
    dropping.refuse(row, now=parameters.now)
    with beside(target) as conn:
        found = dropping.ours(conn, target, row)
        size = size_of(conn, found.oid)[found.oid]
        sessions = sum(one["n"] for one in sessions_in(conn, found.oid))
    megabytes = None if size is None else round(size / 2**20)
    replaced = row["state"] == "swapped"
    what = f"the database that {row['database']} was before the swap" if replaced else f"restored from {row['source']}"
    lost = (
        "There is then no way back to it, and its newer rows can not be rescued any more." if replaced else _used(row)
    )
    return Plan(
        summary=f"Drop {found.name} ({what}{'' if megabytes is None else f', {megabytes} MB'}).",
        effect=f"All its data is gone; {sessions} sessions in it end. {lost}".rstrip(),
        undo="There is none: a backup is the only way back." if replaced else "Restore it again.",
        level="destructive",
        captured={
            "restore": row["id"], "state": row["state"], "oid": found.oid, "name": found.name, "now": parameters.now,
            "bytes": size, "sessions": sessions,
        },
    )  # fmt: skip


def _used(row: DictRow) -> str:
    """Whether a restored database that stands beside again was in use for a time."""
    written = (row["swap"] or {}).get("written_since")
    return (
        f"It was in use for a time, in which {written} rows were changed in it, as the server counts them."
        if written
        else ""
    )


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Drop exactly the one that was approved, whoever is in it."""
    name = dropping.drop(hand.store, target, plan.captured)
    return Outcome(True, f"{name} is dropped", {"database": name, "bytes": plan.captured["bytes"]})


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether it is gone, by its number."""
    wanted: dict[str, Any] = plan.captured
    try:
        with beside(target) as conn:
            left = by_number(conn, wanted["oid"])
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    return Verdict(not left, f"{wanted['name']} is {'still there' if left else 'gone'}.")


remedy = Remedy(
    name="drop-restored",
    phase="resolve",
    summary="Drop a restored database that stands beside, or the one that a swap replaced.",
    level="destructive",
    parameters=DropRestored,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="what is dropped only a backup brings back",
    words=("drop the restored database", "drop the replaced database", "drop the old database"),
    argument="restore",
)
