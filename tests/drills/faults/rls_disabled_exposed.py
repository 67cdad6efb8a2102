"""One table of an application behind an API was forgotten when row security was switched on."""

from __future__ import annotations

from tests.drills.api import api
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    made = api(at)
    rights = at.rng.choice(("SELECT", "SELECT, INSERT", "ALL"))
    to = at.rng.choice((made.visitor, made.visitor, "PUBLIC"))
    at.sql(f"GRANT {rights} ON {at.table} TO {to}")
    return Wound(
        (
            f"anyone can read {at.table} without logging in",
            f"our {at.table} data is publicly exposed through the API",
            "security scan: table readable by anonymous users",
            f"data leak: strangers see {at.table}",
        )
    )


fault = Fault("rls_disabled_exposed", inject)
