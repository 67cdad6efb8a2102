"""A setting leaves sorts next to no memory, for the application's role, its database or everybody."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, as_application, asked, large


def inject(at: Place) -> Wound:
    large(at, analyze=False)
    as_application(at, f"ANALYZE {at.table}")
    size = at.rng.choice(("64kB", "128kB", "256kB"))
    where = at.rng.choice(("role", "database", "server", "role in database"))
    if where == "server":
        at.reload(work_mem=size)
    else:
        whom = {"role": f"ROLE {at.role}", "database": f"DATABASE {at.database}"}.get(where, f"ROLE {at.role} IN DATABASE {at.database}")  # fmt: skip
        at.sql(f"ALTER {whom} SET work_mem = '{size}'")
    statement = at.rng.choice(
        (
            f"SELECT id, note FROM {at.table} ORDER BY note, made",
            f"SELECT note, count(*) FROM {at.table} GROUP BY note, made",
            f"SELECT DISTINCT note, made FROM {at.table}",
        )
    )
    asked(at, statement, times=at.rng.randrange(4, 8))
    return Wound((*COMPLAINTS, "the sorted list takes ages and the disk is busy"))


fault = Fault("work_mem_override", inject)
