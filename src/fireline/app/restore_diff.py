"""The comparison of a restore with the database in use, for whoever asks: it holds no row of the store while it looks."""

from __future__ import annotations

from typing import Any

from fireline.errors import Refused
from fireline.incident.people import Actor
from fireline.postgres.watch import Watch
from fireline.recovery import restores
from fireline.recovery.differing import difference
from fireline.run.world import World


def diff(actor: Actor, world: World, *, restore: str) -> dict[str, Any]:
    """What a restore would lose, bring back to life and miss; after its swap: what it did."""
    del actor
    with world.store.transaction() as conn:
        row = restores.get(conn, restore)
    if row["state"] in restores.READY:
        live, restored, swapped = row["database"], row["beside"], False
    elif row["state"] == "swapped" and row["kept"]:
        live, restored, swapped = row["kept"], row["database"], True
    else:
        raise Refused(
            f"restore {row['id']} is {row['state']}, so there is nothing to compare",
            hint="`fireline restore list` shows those that are there.",
        )
    found = difference.between(
        world.target(row["target"]), live, restored, snapshot_at=row["snapshot_at"], watch=Watch(), swapped=swapped
    )
    return {"restore": row["id"], "target": row["target"], **found}
