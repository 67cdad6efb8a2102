"""A limit on temporary files refuses the monthly report."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    limit = at.rng.choice(("1MB", "2MB", "4MB"))
    where = at.rng.choice(("role", "database", "server"))
    if where == "server":
        at.reload(temp_file_limit=limit)
    else:
        whom = f"ROLE {at.role}" if where == "role" else f"DATABASE {at.database}"
        at.sql(f"ALTER {whom} SET temp_file_limit = '{limit}'")
    with suppress(psycopg.Error), at.connect(at.role, autocommit=True) as conn:
        conn.execute("SET work_mem = '64kB'")
        conn.execute("SELECT md5(i::text) FROM generate_series(1, 300000) i ORDER BY 1")
    return Wound(
        (
            'ERROR:  temporary file size exceeds "temp_file_limit" (1024kB)',
            "the report fails: temporary file size exceeds temp_file_limit",
        )
    )


fault = Fault("temp_file_limit", inject)
