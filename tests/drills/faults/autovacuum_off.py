"""Autovacuum is switched off for the whole server."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import as_application


def inject(at: Place) -> Wound:
    at.shop(500)
    at.reload(**{at.rng.choice(("autovacuum", "track_counts")): "off"})
    as_application(at, *[f"UPDATE {at.table} SET n = n + 1" for _ in range(at.rng.randrange(3, 20))])
    return Wound(
        (
            "tables keep growing though little is stored",
            "[ALERT] dead tuples above threshold",
            "the database grows by 5 GB a day",
        )
    )


fault = Fault("autovacuum_off", inject)
