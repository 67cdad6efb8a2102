"""Somebody paused replay on the standby and forgot it; asked on the standby or on the primary."""

from __future__ import annotations

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.standby import Standby


def inject(at: Place) -> Wound:
    at.shop()
    standby = Standby(at, at.rng.choice(("replica", "reader_1")))
    standby.caught_up()
    at.traffic(2)
    standby.sql("SELECT pg_wal_replay_pause()")
    standby.until("SELECT 1 WHERE pg_is_wal_replay_paused()")
    at.sql(f"UPDATE {at.table} SET n = n + 1 WHERE id < 100")
    standby.until("SELECT 1 WHERE pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()")

    def resumed(root: Verdict) -> None:
        for statement in root.remedy.sql:
            standby.sql(statement)

    return Wound(
        (
            "reads on the replica are old, orders made minutes ago are missing there",
            "the read replica shows stale data",
            "Alert: replication lag of the standby",
        ),
        where=standby.target if at.rng.random() < 0.5 else at.target,
        remedy=resumed,
    )


fault = Fault("replay_paused", inject)
