"""A transaction manager prepared a transaction and died: rows stay locked and no session holds them."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.waiting import waiters


def inject(at: Place) -> Wound:
    at.shop()
    at.traffic(at.rng.randrange(2))
    row = 1500 + at.rng.randrange(200)
    gid = at.rng.choice((f"tx-{row}", f"131077_{row}_bean's", f"{at.role}:{row}"))
    conn = at.connect(at.role, application="manager", autocommit=True)
    conn.execute(b"BEGIN")
    conn.execute(f"UPDATE {at.table} SET note = 'two' WHERE id = {row}".encode())
    conn.execute("PREPARE TRANSACTION '{}'".format(gid.replace("'", "''")).encode())
    conn.close()
    waiters(at, f"UPDATE {at.table} SET n = n + 1 WHERE id = {row}", at.rng.randrange(1, 6))
    return Wound(
        (
            f"a row of {at.table} can not be updated, it hangs, and no session seems to hold it",
            "ERROR:  canceling statement due to lock timeout",
            "updates are stuck after the application server crashed",
        )
    )


fault = Fault("orphan_prepared_tx", inject)
