"""Somebody switched the triggers off for a load, and forgot."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.faults.fk_bypassed_replica_role import sayings
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 4000))
    at.sql(f"ALTER TABLE {at.rng.choice((at.table, at.other))} DISABLE TRIGGER ALL")
    if at.rng.random() < 0.7:
        number, first = at.rng.randrange(1, 60), at.rng.randrange(10**6, 10**9)
        at.sql(f"ALTER TABLE {at.table} DISABLE TRIGGER ALL")
        at.sql(f"INSERT INTO {at.table} ({at.other}_id, n) SELECT {first} + i, i FROM generate_series(1, {number}) i")
    return Wound((*sayings(at), "orphan rows keep appearing"))


fault = Fault("fk_triggers_disabled", inject)
