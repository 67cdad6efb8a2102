"""Two kinds of request lock the same two rows, each in its own order, over and over."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    one, two = at.rng.sample(range(1, 1000), 2)
    for number in range(at.rng.randrange(1, 3)):
        for name, order in (("checkout", (one, two)), ("refund", (two, one))):
            at.background(
                f"UPDATE {at.table} SET n = n + 1 WHERE id = {order[0]}",
                "SELECT pg_sleep(0.03)",
                f"UPDATE {at.table} SET n = n + 1 WHERE id = {order[1]}",
                role=at.role,
                application=f"{name}-{number}",
                again=True,
            )
    at.until("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' GROUP BY () HAVING count(*) > 1")

    def mended(_: object) -> None:
        at.close()  # the program is changed
        at.admin = at.connect(autocommit=True)

    return Wound(
        (
            "ERROR:  deadlock detected\nDETAIL:  Process 4711 waits for ShareLock on transaction 1022; blocked by process 4712.",
            "psycopg.errors.DeadlockDetected: deadlock detected",
            "requests fail at random with SQLSTATE 40P01",
        ),
        remedy=mended,
        quiet=True,
    )


fault = Fault("deadlock_lock_order", inject)
