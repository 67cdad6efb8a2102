"""A prepared transaction that nobody finished: nobody waits for it, and vacuum may not remove what died since."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(3, 8) * 1000)
    conn = at.connect(at.role, application="manager", autocommit=True)
    conn.execute(b"BEGIN")
    conn.execute(f"INSERT INTO {at.other} (name) VALUES ('two')".encode())
    conn.execute(f"PREPARE TRANSACTION 'tx-{at.rng.randrange(10**6)}'".encode())
    conn.close()
    for _ in range(at.rng.randrange(1, 4)):
        at.sql(f"UPDATE {at.table} SET n = n + 1")
    at.sql(f"VACUUM {at.table}")
    at.counted()
    return Wound(
        (
            f"the table {at.table} grows though VACUUM runs, and there is no old session",
            "bloat: dead tuples are not removed by autovacuum",
            f"dead rows in {at.table} keep growing",
        )
    )


fault = Fault("xmin_held_by_prepared", inject)
