"""A key came in twice while its index could not tell."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.faults.index_missing_entries import neglected
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 4000))
    if at.rng.random() < 0.5:
        at.sql("CREATE EXTENSION amcheck")
    number = at.rng.randrange(1, 10)
    flag = at.rng.choice(("indisready", "indisunique"))
    if at.rng.random() < 0.5:
        index, column = f"{at.other}_pkey", "id"
        written = f"INSERT INTO {at.other} (id, name) SELECT id, 'again' FROM {at.other} ORDER BY id LIMIT {number}"
    else:
        index, column = f"{at.other}_name_key", "name"
        at.sql(f"ALTER TABLE {at.other} ADD UNIQUE (name)")
        written = f"INSERT INTO {at.other} (name) SELECT name FROM {at.other} ORDER BY id LIMIT {number}"
    neglected(at, index, flag, written)
    return Wound(
        (
            f"duplicates in {at.other}.{column} although it is unique",
            f'ERROR:  could not create unique index "{index}"  DETAIL:  Key ({column})=(1) is duplicated.',
            f"{at.other} shows some entries twice",
        )
    )


# No catalog tells, and the role of pg_monitor may not read the tables.
fault = Fault("unique_index_corrupt_dupes", inject, limited=False, silent=False)
