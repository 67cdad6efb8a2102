"""Many transactions have passed while one old holder keeps every table from being frozen; the limit is reached."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    kind = at.rng.choice(("session", "prepared", "slot"))
    if kind == "session":
        at.idle("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", f"SELECT 1 FROM {at.table}", application="report")
    elif kind == "prepared":
        conn = at.connect(autocommit=True)
        conn.execute(f"BEGIN; INSERT INTO {at.other} (name) VALUES ('x'); PREPARE TRANSACTION 'lost one'".encode())
        conn.close()
    else:
        at.sql("SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')")
    many = 105_000 + at.rng.randrange(10_000)
    at.sql("SET synchronous_commit = off")
    at.sql(f"DO $$ BEGIN FOR i IN 1..{many} LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$")
    return Wound(
        (
            f'WARNING:  database "{at.database}" must be vacuumed within 39990000 transactions',
            "warnings about transaction id wraparound in the log",
            "autovacuum (to prevent wraparound) runs again and again on the same tables",
        )
    )


fault = Fault("wraparound_pressure_holder", inject, {"autovacuum_freeze_max_age": "100000"})
