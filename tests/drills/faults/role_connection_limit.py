"""A role may have no more sessions than it has. The server's own role looks, or the refused one itself."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    most = at.rng.randrange(2, 6)
    at.shop(100)
    there = at.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", at.role)[0][0]
    at.sql(f"ALTER ROLE {at.role} CONNECTION LIMIT {most + there}")
    with suppress(psycopg.OperationalError):
        for number in range(most + there):
            at.connect(at.role, application=f"web-{number}", autocommit=True).execute("SELECT 1")
    said = (
        f'FATAL:  too many connections for role "{at.role}"',
        f'psycopg.OperationalError: connection to server at "10.1.2.3", port 5432 failed: FATAL:  too many connections for role "{at.role}"',
        "the app can not get any more connections",
        "connection pool timed out",
    )
    return Wound(said, at.target(at.role) if at.rng.random() < 0.3 else None)


fault = Fault("role_connection_limit", inject)
