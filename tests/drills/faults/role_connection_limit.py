"""A role may have no more sessions than it has."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    most = at.rng.randrange(2, 6)
    at.shop(100)
    at.sql(f"ALTER ROLE {at.role} CONNECTION LIMIT {most}")
    for number in range(most):
        at.connect(at.role, application=f"web-{number}", autocommit=True).execute("SELECT 1")
    return Wound((f'FATAL:  too many connections for role "{at.role}"', "the app can not get any more connections"))


fault = Fault("role_connection_limit", inject)
