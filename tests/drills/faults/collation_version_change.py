"""The system's sorting rules are of another version than those that indexes were built with.

Faked in the recorded version: the library itself can not be exchanged under a scratch server.
"""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(200, 900))
    name = f"sorting_{at.rng.randrange(90)}"
    if at.major >= 17 and at.rng.random() < 0.5:
        at.sql(f"UPDATE pg_database SET datcollversion = '0.{at.rng.randrange(9)}' WHERE datname = current_database()")
    else:
        provider = "(provider = builtin, locale = 'C.UTF-8')" if at.major >= 17 else "(provider = icu, locale = 'de')"
        at.sql(f"CREATE COLLATION {name} {provider}")
        at.sql(f"UPDATE pg_collation SET collversion = '0.{at.rng.randrange(9)}' WHERE collname = '{name}'")
        at.sql(f"ALTER TABLE {at.other} ADD label text COLLATE {name}; UPDATE {at.other} SET label = name")
    at.sql(
        f"CREATE INDEX ON {at.other} (name); CREATE UNIQUE INDEX ON {at.other} ({'label' if _has(at) else 'name'}, id)"
    )
    return Wound(
        (
            "WARNING: collation version mismatch after the OS upgrade",
            f"names in {at.other} are sorted wrong since the upgrade",
            "text index looks corrupt: wrong order",
        )
    )


def _has(at: Place) -> bool:
    return bool(at.sql(f"SELECT 1 FROM pg_attribute WHERE attrelid = '{at.other}'::regclass AND attname = 'label'"))


fault = Fault("collation_version_change", inject)
