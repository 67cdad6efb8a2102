"""How far maintenance is: CLUSTER, VACUUM FULL, CREATE INDEX, REINDEX, VACUUM."""

from __future__ import annotations

from fireline.assess.snapshot import Check, Progress, Snapshot
from fireline.postgres.connect import Connection

_PROGRESS = """
SELECT pid, command, phase, heap_blks_scanned AS done, heap_blks_total AS total FROM pg_stat_progress_cluster
UNION ALL SELECT pid, command, phase, blocks_done, blocks_total FROM pg_stat_progress_create_index
UNION ALL SELECT pid, 'VACUUM', phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_vacuum
"""


def read(conn: Connection, sofar: Snapshot) -> tuple[Progress, ...]:
    """What is under way; a command that our role may not see has no phase, and is left out."""
    del sofar
    rows = conn.execute(_PROGRESS).fetchall()
    return tuple(
        Progress(**{**row, "done": row["done"] or 0, "total": row["total"] or 0}) for row in rows if row["phase"]
    )


check = Check("progress", read)
