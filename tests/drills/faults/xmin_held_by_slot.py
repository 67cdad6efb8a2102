"""A logical slot whose consumer is gone keeps dead rows of the catalogs, which temporary tables make by the thousand."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    name = at.rng.choice(("debezium", "cdc_export", "old_subscriber"))
    at.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", name)
    columns = ", ".join(f"c{number} int" for number in range(20))
    rounds = at.rng.randrange(120, 200)
    at.sql(
        f"DO $$ BEGIN FOR i IN 1..{rounds} LOOP CREATE TEMP TABLE scratch ({columns}); DROP TABLE scratch; COMMIT; END LOOP; END $$"
    )
    at.sql("VACUUM pg_catalog.pg_attribute")
    at.counted()
    return Wound(
        (
            "the system catalogs are bloated, pg_attribute grows though it is vacuumed",
            "catalog bloat: planning becomes slower and slower",
            "pg_attribute has many dead tuples",
        )
    )


fault = Fault("xmin_held_by_slot", inject)
