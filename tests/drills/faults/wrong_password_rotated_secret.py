"""The role's password was changed and the application still has the old one. A superuser looks, or the application's own role."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg.conninfo import make_conninfo

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import PASSWORD, Place


def inject(at: Place) -> Wound:
    at.shop(100)
    new = f"rotated-{at.rng.randrange(10**6)}-word"
    if at.rng.random() < 0.5:
        at.sql(f"ALTER ROLE {at.role} VALID UNTIL '2099-01-01'")
    at.sql(f"ALTER ROLE {at.role} PASSWORD '{new}'")
    for _ in range(at.rng.randrange(4, 9)):
        with suppress(psycopg.OperationalError):
            psycopg.connect(at.dsn(at.role)).close()

    def remedy(root: Verdict) -> None:
        """The application gets the new password; where its own role looks, the server gets the old one back."""
        del root
        if by_itself:
            at.sql(f"ALTER ROLE {at.role} PASSWORD '{PASSWORD}'")
        word = PASSWORD if by_itself else new
        at.keep(psycopg.connect(make_conninfo(at.dsn(at.role), password=word), autocommit=True))

    by_itself = at.rng.random() < 0.4
    said = (
        f'FATAL:  password authentication failed for user "{at.role}"',
        f'SequelizeConnectionError: password authentication failed for user "{at.role}"',
        "login fails since the deploy: wrong password?",
    )
    return Wound(said, at.target(at.role) if by_itself else None, remedy)


fault = Fault("wrong_password_rotated_secret", inject)
