"""A reader goes idle in its transaction, a migration waits for the table, and every query waits behind the migration."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop()
    at.idle(f"SELECT * FROM {at.table} LIMIT 1", role=at.role, application=at.rng.choice(("report", "worker", "psql")))
    change = at.rng.choice(
        ("ADD COLUMN extra int", "ALTER COLUMN note SET DEFAULT 'none'", "RENAME COLUMN note TO remark")
    )
    waiters(at, f"ALTER TABLE {at.table} {change}", 1)
    waiters(at, f"SELECT count(*) FROM {at.table}", at.rng.randrange(1, 8))
    return Wound(
        (
            f"every query on {at.table} hangs, even SELECT, since the deploy",
            "the migration is stuck",
            "Timeout: requests take longer than 30 seconds",
        )
    )


fault = Fault("ddl_queue_behind_idle_tx", inject)
