"""A statement compares an expression of the column, which the index on the column does not serve."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, asked, large


def inject(at: Place) -> Wound:
    """Where an index on the expression can not be made, the application is mended instead: it asks differently."""
    column = large(at)
    at.sql(f"CREATE INDEX ON {at.table} (made)")
    kind = at.rng.randrange(4)
    if kind == 0:
        asked(at, f"SELECT * FROM {at.table} WHERE lower({column}) = 'key77'")
    elif kind == 1:
        asked(at, f"SELECT id, note FROM {at.table} t WHERE upper(t.{column}) = %s", "KEY78")
    elif kind == 2:
        asked(at, f"SELECT id FROM {at.table} WHERE made::date = '2020-01-01' AND state = 'new'")
    else:
        asked(at, f"SELECT * FROM {at.table} WHERE id::text = '4711'")
    return Wound(COMPLAINTS)


fault = Fault("non_sargable_predicate", inject)
