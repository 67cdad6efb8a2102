"""Write-ahead log in quantities, as several drills need it."""

from __future__ import annotations

from tests.drills.place import Place


def fill_log(at: Place, megabytes: int) -> None:
    """Write so much log and nothing else."""
    at.sql(
        "DO $$ BEGIN FOR i IN 1.." + str(megabytes) + " LOOP"
        " PERFORM pg_logical_emit_message(false, 'fill', repeat(md5(random()::text), 32768)); END LOOP; END $$"
    )
    at.sql("SELECT pg_logical_emit_message(true, 'fill', 'end')")  # its commit has it all written
