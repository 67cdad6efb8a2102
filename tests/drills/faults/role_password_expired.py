"""The application's password was valid until a moment that is past. A superuser looks, or the refused role itself."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(100)
    ago = at.rng.choice(("3 seconds", "1 hour", "2 days", "400 days"))
    until = at.sql(f"SELECT (now() - interval '{ago}')::text")[0][0]
    at.sql(f"ALTER ROLE {at.role} VALID UNTIL '{until}'")
    for _ in range(at.rng.randrange(2, 6)):
        with suppress(psycopg.OperationalError):
            psycopg.connect(at.dsn(at.role)).close()
    said = (
        f'FATAL:  password authentication failed for user "{at.role}"',
        f'psycopg2.OperationalError: FATAL:  password authentication failed for user "{at.role}"',
        "the app can not log in to the database: authentication failed",
    )
    return Wound(said, at.target(at.role) if at.rng.random() < 0.4 else None)


fault = Fault("role_password_expired", inject)
