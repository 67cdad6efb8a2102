"""DROP DATABASE was broken off: the mark that it leaves in the catalog."""

from __future__ import annotations

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    outside, target = at.cluster.url("postgres"), at.target()
    at.close()
    with psycopg.connect(outside, autocommit=True) as conn:
        conn.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = %s", [at.database])

    def remedy(root: Verdict) -> None:
        with psycopg.connect(outside, autocommit=True) as conn:
            for statement in root.remedy.sql:
                conn.execute(statement.encode())
            conn.execute(f"CREATE DATABASE {at.database}".encode())

    said = (
        f'FATAL:  cannot connect to invalid database "{at.database}"',
        "the app can not connect, its database is down",
    )
    return Wound(said, target, remedy)


fault = Fault("database_invalid", inject)
