"""A role, a database or the server gives statements next to no time."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(500)
    limit = at.rng.choice(("15ms", "40", "100ms", "250ms"))
    kind = at.rng.choice(("role", "database", "both", "server"))
    if kind == "server":
        at.reload(statement_timeout=limit)
    else:
        whom = {
            "role": f"ROLE {at.role}",
            "database": f"DATABASE {at.database}",
            "both": f"ROLE {at.role} IN DATABASE {at.database}",
        }[kind]
        at.sql(f"ALTER {whom} SET statement_timeout = '{limit}'")
    return Wound(
        (
            "ERROR:  canceling statement due to statement timeout",
            f"asyncpg.exceptions.QueryCanceledError: canceling statement due to statement timeout while reading {at.table}",
            "the nightly export fails, SQLSTATE 57014",
        )
    )


fault = Fault("statement_timeout_too_low", inject)
