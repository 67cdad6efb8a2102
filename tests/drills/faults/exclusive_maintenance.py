"""Maintenance that runs right now has the table for itself, and everyone waits."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop()
    # the work itself is made slow by what it computes for each row
    at.sql(
        "CREATE FUNCTION public.pause(i bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT $1 FROM pg_sleep(0.02)'"
    )
    work = at.rng.choice(
        (
            f"CREATE INDEX ON {at.table} (public.pause(id))",
            f"ALTER TABLE {at.table} ALTER COLUMN n TYPE bigint USING public.pause(n)",
        )
    )
    at.background(work, application=at.rng.choice(("maintenance", "migrate", "psql")))
    at.until(
        "SELECT 1 FROM pg_locks WHERE granted AND relation = %s::regclass AND mode IN ('ShareLock', 'AccessExclusiveLock')",
        at.table,
    )
    waiters(at, f"UPDATE {at.table} SET n = n + 1 WHERE id = 5", at.rng.randrange(1, 7))
    return Wound(
        (
            f"the table {at.table} can not be used, everything on it hangs",
            "ERROR:  canceling statement due to lock timeout",
            "writes are stuck",
        )
    )


fault = Fault("exclusive_maintenance", inject)
