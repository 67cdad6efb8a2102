"""A report on a standby with hot_standby_feedback keeps vacuum on the primary from removing dead rows."""

from __future__ import annotations

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.standby import Standby


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(3, 8) * 1000)
    standby = Standby(
        at, at.rng.choice(("replica", "bi")), hot_standby_feedback="on", wal_receiver_status_interval="1s"
    )
    standby.caught_up()
    report = standby.connect(application="report", autocommit=False)
    report.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    report.execute(f"SELECT count(*) FROM {at.table}".encode())
    at.until("SELECT 1 FROM pg_stat_replication WHERE backend_xmin IS NOT NULL")
    for _ in range(at.rng.randrange(2, 5)):
        at.sql(f"UPDATE {at.table} SET n = n + 1")
    at.sql(f"VACUUM {at.table}")
    at.until("SELECT 1 FROM pg_stat_replication WHERE age(backend_xmin) > 1")

    def ended(root: Verdict) -> None:
        for statement in root.remedy.sql:
            standby.sql(statement)
        at.until("SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_replication WHERE age(backend_xmin) > 1)")
        at.sql(f"VACUUM {at.table}")

    return Wound(
        (
            f"the table {at.table} grows and grows though VACUUM runs, and nothing old is connected",
            f"bloat: {at.table} has many dead tuples, autovacuum does not remove them",
        ),
        remedy=ended,
    )


fault = Fault("xmin_held_by_standby", inject)
