"""A reader forgets its transaction; rows are changed many times, and vacuum may not remove the old ones."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(3, 8) * 1000)
    at.traffic(at.rng.randrange(2))
    snapshot = at.rng.choice((f"SELECT count(*) FROM {at.other}", f"SELECT * FROM {at.table} LIMIT 5"))
    at.idle("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", snapshot, role=at.role, application="report")
    for _ in range(at.rng.randrange(1, 4)):
        at.sql(f"UPDATE {at.table} SET n = n + 1")
    at.sql(f"VACUUM {at.table}")
    at.until(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = 'report' AND now() - xact_start > interval '1.1 s'"
    )
    return Wound(
        (
            f"the table {at.table} grows and grows though VACUUM runs",
            f"bloat: {at.table} has many dead tuples, autovacuum does not remove them",
            f"dead rows in {at.table} keep growing",
        )
    )


fault = Fault("xmin_held_by_session", inject)
