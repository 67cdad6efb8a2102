"""A table was made unlogged to be quick; then the server crashed."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    name = at.rng.choice(("carts", "Sessions", "cache_entries"))
    rows = at.rng.randrange(100, 5000)
    with at.connect(at.role, autocommit=True) as conn:
        if at.rng.random() < 0.5:
            conn.execute(f'CREATE UNLOGGED TABLE "{name}" (id int PRIMARY KEY, body text)'.encode())
        else:
            conn.execute(f'CREATE TABLE "{name}" (id int PRIMARY KEY, body text)'.encode())
            conn.execute(f'ALTER TABLE "{name}" SET UNLOGGED'.encode())
        conn.execute(f"""INSERT INTO "{name}" SELECT i, md5(i::text) FROM generate_series(1, {rows}) i""".encode())
        conn.execute(f'ANALYZE "{name}"'.encode())
    at.sql("CHECKPOINT")
    at.restart("immediate")
    at.traffic(at.rng.randrange(2))
    return Wound(
        (
            f"all rows of {name} are gone since last night",
            f"the table {name} is empty after the crash",
            "customers lost their carts: data missing",
        )
    )


fault = Fault("unlogged_table_reset", inject)
