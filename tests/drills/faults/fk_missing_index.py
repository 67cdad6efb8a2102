"""Rows of a parent are deleted, and the table that refers to it has no index to look by."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import as_application, asked


def inject(at: Place) -> Wound:
    rows = at.rng.randrange(20_000, 60_000)
    rule = at.rng.choice(("", " ON DELETE CASCADE", " ON DELETE SET NULL"))
    as_application(
        at,
        f"CREATE TABLE {at.other} (id int PRIMARY KEY, name text)",
        f"CREATE TABLE {at.table} (id bigint PRIMARY KEY, parent int REFERENCES {at.other}{rule}, note text)",
        f"INSERT INTO {at.other} SELECT i, 'n' FROM generate_series(1, 3000) i",
        f"INSERT INTO {at.table} SELECT i, 1 + i % 2000, repeat('x', 80) FROM generate_series(1, {rows}) i",
        f"ANALYZE {at.other}",
        f"ANALYZE {at.table}",
    )
    at.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    for number in range(at.rng.randrange(8, 20)):
        asked(at, f"DELETE FROM {at.other} WHERE id = {2500 + number}", times=1)
    return Wound(
        (
            f"deleting from {at.other} takes ages",
            "DELETE of a customer is slow, 4 seconds each",
            "ERROR:  canceling statement due to statement timeout",
            "[ALERT] job cleanup takes too long",
        )
    )


fault = Fault("fk_missing_index", inject)
