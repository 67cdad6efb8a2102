"""A consumer was taken away and its slot left behind: it keeps all log written since."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.writing import fill_log


def inject(at: Place) -> Wound:
    at.shop()
    name = at.rng.choice(("standby_2", "debezium", "old_replica"))
    if at.rng.random() < 0.5:
        at.sql("SELECT pg_create_physical_replication_slot(%s, true)", name)
    else:
        at.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", name)
    at.traffic(at.rng.randrange(2))
    fill_log(at, at.rng.randrange(80, 250))
    return Wound(
        (
            "pg_wal grows and grows",
            "Disk usage of the database server is at 91 %",
            "write-ahead log takes all the disk space",
        )
    )


fault = Fault("inactive_slot_retains_wal", inject)
