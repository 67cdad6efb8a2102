"""The receiver of a standby takes nothing off the line any more: to the primary it looks like a network that is stuck."""

from __future__ import annotations

import os
import signal

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.standby import Standby
from tests.drills.writing import fill_log


def inject(at: Place) -> Wound:
    at.shop()
    standby = Standby(at, at.rng.choice(("replica", "eu_west")))
    at.sql(f"UPDATE {at.table} SET n = n + 1 WHERE id < 10")
    standby.caught_up()
    at.until("SELECT 1 FROM pg_stat_replication WHERE write_lsn IS NOT NULL")
    receiver = int(standby.sql("SELECT pid FROM pg_stat_wal_receiver")[0][0])
    os.kill(receiver, signal.SIGSTOP)
    fill_log(at, at.rng.randrange(8, 30))

    def mended(root: Verdict) -> None:
        os.kill(receiver, signal.SIGCONT)
        for statement in root.remedy.sql:
            at.sql(statement)

    return Wound(
        ("reads on the replica are old", "Alert: replication lag of the standby grows"),
        remedy=mended,
    )


fault = Fault("replica_network_lag", inject)
