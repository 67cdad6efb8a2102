"""A worker changes rows, forgets to commit and goes idle; the application's writes of the same rows wait."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop()
    at.traffic(at.rng.randrange(3))
    row = 1500 + at.rng.randrange(200)
    verb = at.rng.choice(
        (f"UPDATE {at.table} SET note = 'x' WHERE id = {row}", f"DELETE FROM {at.table} WHERE id = {row}")
    )
    at.idle("SELECT 1", verb, role=at.role, application=at.rng.choice(("worker", "cron", "console", "psql")))
    waiters(at, f"UPDATE {at.table} SET n = n + 1 WHERE id = {row}", at.rng.randrange(1, 8))
    return Wound(
        (
            f"updates of {at.table} hang",
            "ERROR:  canceling statement due to lock timeout",
            "ERROR:  canceling statement due to statement timeout\nCONTEXT:  while updating tuple (3,7) in relation",
            "API latency p95 > 10 s",
        )
    )


fault = Fault("idle_in_tx_row_lock", inject)
