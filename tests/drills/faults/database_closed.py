"""Somebody has closed the application's database: nobody gets in, and the look goes by another one."""

from __future__ import annotations

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(100)
    outside = at.cluster.url("postgres")
    at.close()
    with psycopg.connect(outside, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {at.database} WITH ALLOW_CONNECTIONS false".encode())

    def remedy(root: Verdict) -> None:
        with psycopg.connect(outside, autocommit=True) as conn:
            for statement in root.remedy.sql:
                conn.execute(statement.encode())

    said = (
        f'FATAL:  database "{at.database}" is not currently accepting connections',
        f'ERROR api could not connect: database "{at.database}" is not currently accepting connections',
        "the app can not connect to its database, the database seems down",
    )
    return Wound(said, at.target(at.role) if at.rng.random() < 0.4 else None, remedy)


fault = Fault("database_closed", inject)
