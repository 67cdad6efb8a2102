"""A long report on the standby needs rows that replay wants to remove, and replay may wait for ever."""

from __future__ import annotations

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.standby import Standby


def inject(at: Place) -> Wound:
    at.shop()
    standby = Standby(at, "replica", max_standby_streaming_delay="-1")
    standby.caught_up()
    report = standby.connect(application=at.rng.choice(("report", "bi")), autocommit=False)
    report.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    report.execute(f"SELECT count(*) FROM {at.table}".encode())
    if at.rng.random() < 0.5:
        at.sql(f"DELETE FROM {at.table} WHERE id < 500")
        at.sql(f"VACUUM {at.table}")
    else:
        at.sql(f"ALTER TABLE {at.table} ADD COLUMN extra int")
    at.traffic(1)
    standby.until(
        "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'startup' AND (wait_event LIKE 'RecoveryConflict%' OR wait_event_type = 'Lock')"
    )

    def ended(root: Verdict) -> None:
        for statement in root.remedy.sql:
            standby.sql(statement)

    return Wound(
        ("the read replica shows stale data", "replication lag grows on the standby, the report runs there"),
        where=standby.target,
        remedy=ended,
    )


fault = Fault("replay_held_by_query", inject)
