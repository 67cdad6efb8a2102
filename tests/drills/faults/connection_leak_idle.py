"""An application opens connections and does not give them back, until there are none. Who has no reserved slot sees the processes."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place

SLOTS = 40


def inject(at: Place) -> Wound:
    at.shop(100)
    name = at.rng.choice(("web", "worker", "puma: cluster worker", "node"))
    busy = at.rng.randrange(3)
    for number in range(busy):
        at.background("SELECT pg_sleep(30)", role="watcher", application=f"report-{number}")
    with suppress(psycopg.OperationalError):
        for number in range(SLOTS):
            conn = at.connect(
                at.role, application=f"{name}-{number}" if at.rng.random() < 0.3 else name, autocommit=True
            )
            conn.execute("SELECT 1")
    said = (
        "FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "remaining connection slots are reserved for non-replication superuser connections",
        "nobody can log in: too many connections",
    )
    return Wound(said)


fault = Fault("connection_leak_idle", inject, {"max_connections": str(SLOTS), "superuser_reserved_connections": "3"})
