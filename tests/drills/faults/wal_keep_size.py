"""Somebody set wal_keep_size high for a standby that is long gone."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.writing import fill_log


def inject(at: Place) -> Wound:
    at.shop()
    at.reload(wal_keep_size=at.rng.choice(("2GB", "4GB", "16GB")))
    at.traffic(at.rng.randrange(2))
    fill_log(at, at.rng.randrange(180, 260))
    at.sql("CHECKPOINT")
    return Wound(("pg_wal is big", "disk usage grows: the log takes it all", "Alert: pg_wal size above limit"))


fault = Fault("wal_keep_size", inject, {"max_wal_size": "64MB", "min_wal_size": "32MB"})
