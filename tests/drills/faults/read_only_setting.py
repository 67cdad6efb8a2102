"""Every transaction of a role, a database or the server is read-only by a setting."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(200)
    value = at.rng.choice(("on", "true", "1"))
    kind = at.rng.choice(("role", "database", "both", "server"))
    if kind == "server":
        at.reload(default_transaction_read_only="on")
    else:
        whom = {
            "role": f"ROLE {at.role}",
            "database": f"DATABASE {at.database}",
            "both": f"ROLE {at.role} IN DATABASE {at.database}",
        }[kind]
        at.sql(f"ALTER {whom} SET default_transaction_read_only = '{value}'")
    return Wound(
        (
            f"ERROR:  cannot execute {at.rng.choice(('UPDATE', 'INSERT', 'DELETE'))} in a read-only transaction",
            "sqlalchemy.exc.InternalError: (psycopg2.errors.ReadOnlySqlTransaction) cannot execute INSERT in a read-only transaction",
            "users can look but saving anything fails, the database says it is read-only",
        )
    )


fault = Fault("read_only_setting", inject)
