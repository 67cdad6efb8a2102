"""A database may have no more sessions than it has. A superuser looks, who is let in, or the refused role itself."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    most = at.rng.randrange(3, 7)
    at.shop(100)
    for number in range(most):
        at.connect(at.role, application=f"web-{number}", autocommit=True).execute("SELECT 1")
    at.sql(f"ALTER DATABASE {at.database} CONNECTION LIMIT {most}")
    said = (
        f'FATAL:  too many connections for database "{at.database}"',
        f'could not open connection: too many connections for database "{at.database}" (SQLSTATE 53300)',
        "users can not log in, the app says too many connections",
    )
    return Wound(said, at.target(at.role) if at.rng.random() < 0.4 else None)


fault = Fault("database_connection_limit", inject)
