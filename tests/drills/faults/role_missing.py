"""The application's role does not exist here, as after a restore without roles.

Without a complaint a failed login of a role that is not there is a stranger's.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import PASSWORD, Place


def inject(at: Place) -> Wound:
    name = f"{at.role}_live"
    for _ in range(at.rng.randrange(2, 5)):
        with suppress(psycopg.OperationalError):
            psycopg.connect(at.dsn(name)).close()

    def remedy(root: Verdict) -> None:
        for statement in root.remedy.sql:
            at.sql(statement)
        at.sql(f"ALTER ROLE {name} PASSWORD '{PASSWORD}'")

    said = (f'FATAL:  password authentication failed for user "{name}"', f'FATAL:  role "{name}" does not exist')
    return Wound(said, at.target(name) if at.rng.random() < 0.4 else None, remedy)


fault = Fault("role_missing", inject, silent=False)
