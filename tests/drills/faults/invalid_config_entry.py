"""A line of postgresql.conf can not be used.

A role with pg_monitor may not read the files, so to it this is unknown.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psycopg

from fireline.assess.verdict import Verdict
from fireline.errors import ClusterError
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(100)
    file = at.data / "postgresql.conf"
    whole = file.read_text()
    line = at.rng.choice(
        (
            "work_mem = '64 mb'",
            "shared_bufers = '1GB'",
            "max_wal_size = 4GBB",
            "wal_level = logcal",
            "log_statement = everything",
            "effective_cache_size 8GB extra",
            "autovacuum = maybe",
        )
    )
    file.write_text(f"{whole}\n{line}\n")
    if at.rng.random() < 0.4:
        return _down(at, file, whole)
    if at.rng.random() < 0.5:
        at.reload()

    def remedy(root: Verdict) -> None:
        file.write_text(whole)
        with psycopg.connect(at.dsn(), autocommit=True) as conn:
            for statement in root.remedy.sql:
                conn.execute(statement.encode())

    return Wound(
        (
            "I changed a setting in postgresql.conf and reloaded but it has no effect",
            f'LOG:  configuration file "{file}" contains errors; unaffected changes were applied',
            "ops says the database will not restart with the new configuration",
        ),
        remedy=remedy,
    )


def _down(at: Place, file: Path, whole: str) -> Wound:
    """Somebody restarts the server with it."""
    target = at.target()
    at.stop()
    with suppress(ClusterError):
        at.cluster.start()

    def remedy(root: Verdict) -> None:
        assert str(file) in root.remedy.text
        file.write_text(whole)
        at.cluster.start()

    said = (
        "the database does not come up after the restart",
        "connection refused",
        "the server will not start since the configuration was changed",
    )
    return Wound(said, target, remedy, log_file=at.log if at.rng.random() < 0.5 else None)


fault = Fault("invalid_config_entry", inject, limited=False)
