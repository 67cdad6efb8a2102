"""A session wrote past all keys, as a restore does. A look that nobody asked for can not know: no catalog shows it."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def sayings(at: Place) -> tuple[str, ...]:
    """How people and programs say that rows refer to nothing."""
    return (
        f"orphaned rows in {at.table}",
        f"some rows of {at.table} refer to missing {at.other} rows",
        f'ERROR:  insert or update on table "{at.table}" violates foreign key constraint "{at.table}_{at.other}_id_fkey"',
        f"Nightly integrity job: dangling references {at.table} -> {at.other}",
    )


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 4000))
    way = at.rng.choice(("session", "trigger", "role", "deleted"))
    if way == "trigger":
        at.sql(f"ALTER TABLE {at.table} DISABLE TRIGGER ALL")
    elif way == "role":
        at.sql(f"ALTER ROLE {at.role} SET session_replication_role = replica")
    writer = at.connect(autocommit=True)
    if way != "trigger":
        at.sql("SET session_replication_role = replica", conn=writer)
    if way == "deleted":
        at.sql(f"DELETE FROM {at.other} WHERE id <= {at.rng.randrange(1, 9)}", conn=writer)
    else:
        number, first = at.rng.randrange(1, 60), at.rng.randrange(10**6, 10**9)
        at.sql(
            f"INSERT INTO {at.table} ({at.other}_id, n) SELECT {first} + i, i FROM generate_series(1, {number}) i",
            conn=writer,
        )
    if way == "trigger":
        at.sql(f"ALTER TABLE {at.table} ENABLE TRIGGER ALL")
    if at.rng.random() < 0.5:
        at.sql(f"VACUUM ANALYZE {at.table}")
        at.sql(f"VACUUM ANALYZE {at.other}")
    return Wound(sayings(at))


# The role of pg_monitor may not read the tables, and no catalog tells.
fault = Fault("fk_bypassed_replica_role", inject, limited=False, silent=False)
