"""A role, a database or the server is given a search_path that leads past the application's tables."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(200)
    new = f"{at.rng.choice(('v2', 'tenant', 'legacy', 'Reports'))}{at.rng.randrange(50)}"
    path = at.rng.choice((f'"{new}"', f'"{new}", pg_catalog', f'"$user", "{new}"'))
    if at.rng.random() < 0.7:
        at.sql(f'CREATE SCHEMA "{new}"')
    if at.rng.random() < 0.5:
        at.connect(at.role, application="web", autocommit=True).execute("SELECT 1")
    kind = at.rng.choice(("role", "database", "both", "server"))
    if kind == "server":
        at.sql(f"ALTER SYSTEM SET search_path = {path}")
        at.reload()
    else:
        whom = {
            "role": f"ROLE {at.role}",
            "database": f"DATABASE {at.database}",
            "both": f"ROLE {at.role} IN DATABASE {at.database}",
        }[kind]
        at.sql(f"ALTER {whom} SET search_path = {path}")
    return Wound(
        (
            f'ERROR:  relation "{at.table}" does not exist at character 15',
            f'psycopg2.errors.UndefinedTable: relation "{at.other}" does not exist\nLINE 1: SELECT * FROM {at.other}',
            f'somebody must have dropped a table: relation "{at.table}" does not exist',
        )
    )


fault = Fault("search_path_override", inject)
