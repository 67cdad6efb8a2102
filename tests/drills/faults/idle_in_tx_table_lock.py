"""A migration in a transaction has locked the whole table, and whoever ran it went away without a commit."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop()
    locks = at.rng.choice(
        (
            f"ALTER TABLE {at.table} ADD COLUMN extra int",
            f"LOCK TABLE {at.table} IN SHARE MODE",
            f"LOCK TABLE {at.table}",
            f"TRUNCATE {at.table}",
        )
    )
    at.idle(locks, role=at.role, application=at.rng.choice(("migrate", "psql", "console")))
    waiters(at, f"UPDATE {at.table} SET n = n + 1 WHERE id = 3", at.rng.randrange(1, 8))
    return Wound(
        (
            f"nothing can be written to {at.table}, it hangs",
            "ERROR:  canceling statement due to lock timeout",
            "checkout is stuck since the migration",
        )
    )


fault = Fault("idle_in_tx_table_lock", inject)
