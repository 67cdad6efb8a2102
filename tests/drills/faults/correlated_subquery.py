"""A report asks a table anew for every row."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, as_application, asked


def inject(at: Place) -> Wound:
    """With an index on the inner column the statement still goes there for every row; without one it is worse."""
    outer, inner = at.rng.randrange(3000, 6000), at.rng.randrange(20_000, 40_000)
    indexed = at.rng.random() < 0.6
    if not indexed:
        outer, inner = 400, 8000
    as_application(
        at,
        f"CREATE TABLE {at.other} (id int PRIMARY KEY, name text)",
        f"CREATE TABLE {at.table} (id bigint PRIMARY KEY, parent int NOT NULL, amount int, note text)",
        f"INSERT INTO {at.other} SELECT i, 'n' FROM generate_series(1, {outer}) i",
        f"INSERT INTO {at.table} SELECT i, 1 + i % {outer}, i, repeat('x', 80) FROM generate_series(1, {inner}) i",
        *([f"CREATE INDEX ON {at.table} (parent)"] if indexed else []),
        f"ANALYZE {at.other}",
        f"ANALYZE {at.table}",
    )
    at.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    asked(
        at,
        f"SELECT o.name, (SELECT sum(i.amount) FROM {at.table} i WHERE i.parent = o.id) AS total FROM {at.other} o ORDER BY total DESC LIMIT 10",
        times=4,
    )
    return Wound((*COMPLAINTS, "the monthly report takes minutes"))


fault = Fault("correlated_subquery", inject)
