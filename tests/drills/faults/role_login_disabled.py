"""Somebody has taken the role's login away. A superuser looks, or the refused role itself."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    at.sql(f"ALTER ROLE {at.role} NOLOGIN")
    with suppress(psycopg.OperationalError):
        psycopg.connect(at.dsn(at.role)).close()
    said = (
        f'FATAL:  role "{at.role}" is not permitted to log in',
        f'Error: role "{at.role}" is not permitted to log in (28000)',
    )
    return Wound(said, at.target(at.role) if at.rng.random() < 0.4 else None)


fault = Fault("role_login_disabled", inject)
