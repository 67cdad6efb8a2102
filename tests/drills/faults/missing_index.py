"""A table is asked by a column that no index begins with."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, asked, large


def inject(at: Place) -> Wound:
    column = large(at, index=False)
    kind = at.rng.randrange(4)
    if kind == 0:
        asked(at, f"SELECT * FROM {at.table} WHERE {column} = 'Key77'")
    elif kind == 1:
        asked(at, f"SELECT t.id, t.note FROM {at.table} t WHERE t.{column} = %s AND t.state <> %s", "Key78", "gone")
    elif kind == 2:
        asked(at, f"UPDATE {at.table} SET state = 'seen' WHERE {column} = 'Key79'")
    else:
        asked(at, f"SELECT * FROM {at.table} WHERE owner_id = 77 ORDER BY made DESC LIMIT 5")
    return Wound(COMPLAINTS)


fault = Fault("missing_index", inject)
