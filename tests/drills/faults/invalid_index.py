"""The index that a statement needs is there, takes writes, and may not be used."""

from __future__ import annotations

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, asked, large

_AT_ITS_END = "SELECT 1 FROM pg_stat_progress_create_index WHERE pid = %s AND phase = 'waiting for old snapshots'"


def inject(at: Place) -> Wound:
    """A concurrent build, or rebuild, cancelled at its very end, while it waits for a transaction older than itself."""
    column = large(at, index=False)
    name = f"{at.table}_{at.rng.choice(('a', 'lookup', 'new'))}"
    reader = at.connect(application="report")
    reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    reader.execute("SELECT 1")
    deploy = at.connect(application="deploy", autocommit=True)
    pid = deploy.info.backend_pid

    def build() -> None:
        try:
            deploy.execute(f"CREATE INDEX CONCURRENTLY {name} ON {at.table} ({column})".encode())
        except psycopg.Error:
            deploy.close()

    at.thread(build)
    at.until(_AT_ITS_END, pid)
    at.sql("SELECT pg_cancel_backend(%s)", pid)
    at.until("SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_progress_create_index)")
    reader.rollback()
    asked(at, f"SELECT * FROM {at.table} WHERE {column} = 'Key77'")
    return Wound(COMPLAINTS)


fault = Fault("invalid_index", inject)
