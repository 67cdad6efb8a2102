"""Sessions are ended as soon as they are idle, by a setting of the role, the database or the server."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(100)
    name, said = at.rng.choice(
        (
            (
                "idle_in_transaction_session_timeout",
                "FATAL:  terminating connection due to idle-in-transaction timeout",
            ),
            ("idle_session_timeout", "FATAL:  terminating connection due to idle-session timeout"),
            *(
                [("transaction_timeout", "FATAL:  terminating connection due to transaction timeout")]
                if at.major >= 17
                else []
            ),
        )
    )
    limit = at.rng.choice(("200ms", "50", "400ms"))
    whom = at.rng.choice((f"ROLE {at.role}", f"DATABASE {at.database}", f"ROLE {at.role} IN DATABASE {at.database}"))
    at.sql(f"ALTER {whom} SET {name} = '{limit}'")
    return Wound(
        (
            said,
            f"psycopg.errors.IdleSessionTimeout or so: {said}",
            "the app loses its database connection all the time, server closed the connection unexpectedly",
        )
    )


fault = Fault("session_timeout_too_low", inject, least=14)
