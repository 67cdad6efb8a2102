"""Rows came in while an index was not looked after, as a fault of the disk or a lost page would leave it."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def neglected(at: Place, index: str, flag: str, *statements: str) -> None:
    """Write while the catalog says that an index is not ready, or not unique; then say that it is."""
    at.sql(f"UPDATE pg_index SET {flag} = false WHERE indexrelid = '{index}'::regclass")
    for statement in statements:
        at.sql(statement)
    at.sql(f"UPDATE pg_index SET {flag} = true WHERE indexrelid = '{index}'::regclass")


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 4000))
    if at.rng.random() < 0.5:
        at.sql("CREATE EXTENSION amcheck")
    first, number = at.rng.randrange(10**6, 10**8), at.rng.randrange(1, 20)
    rows = f"SELECT {first} + i, md5(i::text) FROM generate_series(1, {number}) i"
    neglected(at, f"{at.other}_pkey", "indisready", f"INSERT INTO {at.other} (id, name) {rows}")
    return Wound(
        (
            f"row {first + 1} of {at.other} is missing when I look it up by id, but it is in the export",
            f"records vanished: SELECT * FROM {at.other} WHERE id = {first + 1} returns nothing",
            f'ERROR:  heap tuple (9,7) from table "{at.other}" lacks matching index tuple within index "{at.other}_pkey" (amcheck)',
            "index corruption suspected: same query, different row counts. inconsistent results",
        )
    )


# No catalog tells, and the role of pg_monitor may neither read the tables nor call amcheck.
fault = Fault("index_missing_entries", inject, limited=False, silent=False)
