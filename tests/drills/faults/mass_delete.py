"""Somebody deleted most rows of a table, or emptied it.

silent: whether a delete was meant, nobody can tell who looks from the outside: only a complaint makes it a fault.
limited: a member of pg_monitor names it too, but may not count the rows, so it can not be shown that they are back.
"""

from __future__ import annotations

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(1000, 4000))
    at.sql(f"CREATE TABLE kept_elsewhere AS SELECT * FROM {at.table}")
    share = at.rng.choice((100, 90, 60))
    statement = at.rng.choice((f"DELETE FROM {at.table}", f"DELETE FROM ONLY public.{at.table} AS t")) + (
        f" WHERE n % 100 < {share}" if share < 100 else ""
    )
    if at.rng.random() < 0.3:
        statement = f"TRUNCATE {at.table}"
    at.connect(at.role, application="console", autocommit=True).execute(statement.encode())

    def restore(verdict: Verdict) -> None:
        assert at.table in verdict.title
        at.sql(
            f"INSERT INTO {at.table} SELECT k.* FROM kept_elsewhere k WHERE NOT EXISTS (SELECT FROM {at.table} t WHERE t.id = k.id)"
        )
        at.sql(f"ANALYZE {at.table}")

    return Wound(
        (
            f"all rows of {at.table} are gone",
            "data is missing since this morning",
            f"users report that {at.table} records disappeared",
        ),
        remedy=restore,
    )


fault = Fault("mass_delete", inject, limited=False, silent=False)
