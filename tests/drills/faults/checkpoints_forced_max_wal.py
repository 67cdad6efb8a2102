"""An import writes log so quickly that a small max_wal_size forces one checkpoint after the other."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.writing import fill_log


def inject(at: Place) -> Wound:
    at.shop()
    at.reload(max_wal_size=at.rng.choice(("32MB", "48MB", "64MB")))
    at.background(
        "SELECT pg_logical_emit_message(false, 'import', repeat(md5(random()::text), 16384))",
        f"UPDATE {at.table} SET n = n + 1 WHERE id < 50",
        "SELECT pg_sleep(0.05)",
        application="import",
        again=True,
    )
    before = int(at.sql(_REQUESTED[at.major >= 17])[0][0])
    fill_log(at, 150)
    at.until(f"SELECT 1 FROM ({_REQUESTED[at.major >= 17]}) AS c (n) WHERE n >= {before + 3}")
    return Wound(
        (
            "LOG:  checkpoints are occurring too frequently (2 seconds apart)",
            "writes stall every few seconds",
            "bursts of disk I/O, inserts are slow now and then",
        )
    )


_REQUESTED = {
    True: "SELECT num_requested FROM pg_stat_checkpointer",
    False: "SELECT checkpoints_req FROM pg_stat_bgwriter",
}

fault = Fault("checkpoints_forced_max_wal", inject, {"min_wal_size": "32MB"})
