"""A job locks every partition in one transaction and keeps them; other statements find no room for their locks."""

from __future__ import annotations

import psycopg

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(100)
    at.sql(f"CREATE TABLE parts (id int, v int) PARTITION BY RANGE (id); ALTER TABLE parts OWNER TO {at.role}")
    for first in range(0, 1200, 100):
        at.sql(
            f"DO $$ BEGIN FOR i IN {first}..{first + 99} LOOP EXECUTE format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES"
            " FROM (%s) TO (%s)', i, i, i + 1); END LOOP; END $$"
        )
    at.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {at.role}")
    job = at.connect(at.role, application=at.rng.choice(("archive", "retention", "etl")))
    done, step = 0, 40
    while step and done < 1200:
        job.execute(b"SAVEPOINT more")
        names = ", ".join(f"parts_{number}" for number in range(done, done + step))
        try:
            job.execute(f"LOCK TABLE {names} IN ROW EXCLUSIVE MODE".encode())
            done += step
        except psycopg.errors.OutOfMemory:
            job.execute(b"ROLLBACK TO more")
            step //= 2
    job.execute(b"SELECT 1")
    return Wound(
        (
            'ERROR:  out of shared memory\nHINT:  You might need to increase "max_locks_per_transaction".',
            "statements fail with out of shared memory, SQLSTATE 53200",
        ),
        quiet=True,
    )


fault = Fault("lock_table_exhausted", inject, {"max_locks_per_transaction": "10"})
