"""A busy table has autovacuum switched off."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, as_application, asked


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 1500))
    value = at.rng.choice(("false", "off"))
    at.sql(f"ALTER TABLE {at.table} SET (autovacuum_enabled = {value})")
    as_application(
        at, *[f"UPDATE {at.table} SET n = n + 1, note = note || 'x'" for _ in range(at.rng.randrange(25, 40))]
    )
    asked(at, f"SELECT count(*) FROM {at.table} WHERE n > 5", times=5)
    return Wound((*COMPLAINTS, f"the small table {at.table} keeps growing"))


fault = Fault("autovacuum_disabled_table", inject)
