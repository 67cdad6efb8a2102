"""The application's database was renamed: it asks for one that is not there. Only who asks for it can know that it should be there."""

from __future__ import annotations

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(50)
    outside, target = at.cluster.url("postgres"), at.target()
    other = f"{at.database}_old"
    at.close()
    with psycopg.connect(outside, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {at.database} RENAME TO {other}".encode())

    def remedy(root: Verdict) -> None:
        assert other in root.evidence[0].fact
        with psycopg.connect(outside, autocommit=True) as conn:
            conn.execute(f"ALTER DATABASE {other} RENAME TO {at.database}".encode())

    said = (
        f'FATAL:  database "{at.database}" does not exist',
        "the app can not connect since the migration of last night",
    )
    return Wound(said, target, remedy)


fault = Fault("database_missing", inject)
