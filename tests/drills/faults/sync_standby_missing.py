"""The synchronous standby is gone, and every commit waits for it."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    name = at.rng.choice(("replica1", "*", "FIRST 1 (eu_west, eu_north)", "ANY 1 (a, b)"))
    at.reload(synchronous_standby_names=name)
    for number in range(at.rng.randrange(1, 7)):
        at.background(
            f"UPDATE {at.table} SET n = n + 1 WHERE id = {number + 1}", role=at.role, application=f"web-{number}",
            again=True, options="-c synchronous_commit=on",
        )  # fmt: skip
    at.until("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    return Wound(
        (
            "all writes hang, reading is fine",
            "INSERT takes for ever, COMMIT never returns",
            "requests time out since the replica was taken down",
        )
    )


fault = Fault("sync_standby_missing", inject)
