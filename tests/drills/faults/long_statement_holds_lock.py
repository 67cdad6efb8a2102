"""One long statement has changed rows and goes on; whoever wants the same rows waits until it is done."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop()
    row = 1 + at.rng.randrange(20)
    batch = at.rng.choice(
        (
            f"WITH done AS (UPDATE {at.table} SET note = 'batch' WHERE id < 500 RETURNING id) SELECT pg_sleep(0.05) FROM done",
            f"UPDATE {at.table} SET note = coalesce(pg_sleep(0.04)::text, 'batch') WHERE id < 900 AND id > 0",
        )
    )
    pid = at.background(batch, role=at.role, application=at.rng.choice(("batch", "import", "etl")))
    at.until(
        "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND clock_timestamp() - query_start > interval '1.2 s'", pid
    )
    waiters(at, f"UPDATE {at.table} SET n = n + 1 WHERE id = {row}", at.rng.randrange(1, 6))
    return Wound(
        (
            f"updates of {at.table} hang while the import runs",
            "ERROR:  canceling statement due to lock timeout",
            "writes are stuck",
        )
    )


fault = Fault("long_statement_holds_lock", inject)
