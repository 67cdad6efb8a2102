"""A key was added NOT VALID over rows that break it."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.faults.fk_bypassed_replica_role import sayings
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 4000))
    number = at.rng.randrange(1, 40)
    name = at.rng.choice((f"{at.table}_{at.other}_id_fkey", f"fk_{at.rng.randrange(1000)}", "Ref To Parent"))
    at.sql(f"ALTER TABLE {at.table} DROP CONSTRAINT {at.table}_{at.other}_id_fkey")
    at.sql(
        f"INSERT INTO {at.table} ({at.other}_id, n) SELECT {at.rng.randrange(10**6, 10**9)} + i, i FROM generate_series(1, {number}) i"
    )
    at.sql(
        f'ALTER TABLE {at.table} ADD CONSTRAINT "{name}" FOREIGN KEY ({at.other}_id) REFERENCES {at.other}'
        f" {at.rng.choice(('', 'ON DELETE CASCADE', 'DEFERRABLE INITIALLY DEFERRED'))} NOT VALID"
    )
    return Wound(sayings(at))


fault = Fault("fk_not_validated", inject)
