"""Every database: sessions, cache hits, rollbacks, deadlocks, temporary files, age of its transaction ids."""

from __future__ import annotations

from typing import Any

from fireline.assess.checks.databases import Database, Databases
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import MOST, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The newest sample; counters are since they were reset."""
    reading = snapshot.last("databases", Databases)
    assert reading is not None
    started = f", the server runs since {reading.started:%Y-%m-%d %H:%M} UTC" if reading.started else ""
    return Shown(
        (f"{len(reading.all)} databases{started}",),
        (Section("Databases", tuple(_row(one) for one in list(reading.all.values())[:MOST])),),
    )


def _row(database: Database) -> dict[str, Any]:
    blocks = (database.blocks_hit or 0) + (database.blocks_read or 0)
    ended = (database.commits or 0) + (database.rollbacks or 0)
    return {
        "database": database.name,
        "sessions": database.backends,
        "limit": database.limit if database.limit >= 0 else None,
        "cache_share": round(database.blocks_hit / blocks, 4) if blocks else None,
        "rollback_share": round(database.rollbacks / ended, 4) if ended else None,
        "deadlocks": database.deadlocks,
        "temporary_bytes": database.temp_bytes,
        "checksum_failures": database.checksum_failures,
        "xid_age": database.frozen_age,
        "counted_since_at": database.stats_reset,
    }


view = View("databases", "Sessions, cache, rollbacks, deadlocks and age of every database", ("databases",), show)
