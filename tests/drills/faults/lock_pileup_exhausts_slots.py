"""One transaction changes a row and goes idle; everybody who wants the row waits, until there are no slots."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place

SLOTS = 40


def inject(at: Place) -> Wound:
    at.shop(200)
    row = at.rng.randrange(1, 100)
    at.idle(f"UPDATE {at.table} SET n = n + 1 WHERE id = {row}", role=at.role, application="import")
    for number in range(at.rng.randrange(6)):
        at.connect(at.role, application=f"pool-{number}", autocommit=True).execute("SELECT 1")
    whole = at.rng.random() < 0.3
    statement = (
        f"SELECT n FROM {at.table} WHERE id = {row} FOR UPDATE"
        if whole
        else f"UPDATE {at.table} SET n = n + 1 WHERE id = {row}"
    )
    with suppress(psycopg.OperationalError):
        for number in range(SLOTS):
            at.background(statement, role=at.role, application=f"web-{number}")
    at.until("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' HAVING count(*) >= 28")
    said = (
        "FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "the app is down, no more connections",
    )
    return Wound(said)


fault = Fault(
    "lock_pileup_exhausts_slots", inject, {"max_connections": str(SLOTS), "superuser_reserved_connections": "3"}
)
