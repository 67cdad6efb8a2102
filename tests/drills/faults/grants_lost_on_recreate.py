"""A table of the application is dropped and made anew by somebody else, and its grants are gone.

Not to be found without a complaint: a table meant for its owner alone looks the same.
"""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    schema = at.rng.choice(("public", "app", "Core"))
    privileges = at.rng.choice(("SELECT", "SELECT, INSERT, UPDATE, DELETE", "ALL"))
    role = at.rng.choice((at.role, "app_rw"))
    at.sql("CREATE ROLE app_rw")
    at.sql(f"GRANT app_rw TO {at.role}")
    at.sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    at.sql(f'GRANT USAGE ON SCHEMA "{schema}" TO {role}')
    names = [at.table, at.other, *(f"part_{number}" for number in range(at.rng.randrange(6)))]
    for name in names:
        at.sql(f'CREATE TABLE "{schema}".{name} (id int PRIMARY KEY, note text)')
        at.sql(f'GRANT {privileges} ON "{schema}".{name} TO {role}')
    at.sql(f'CREATE TABLE "{schema}".own_notes (id int)')
    at.sql(f'DROP TABLE "{schema}".{at.table}')
    at.sql(f'CREATE TABLE "{schema}".{at.table} (id int PRIMARY KEY, note text, more int)')
    return Wound(
        (
            f"ERROR:  permission denied for table {at.table}",
            f"since the migration tonight: (psycopg.errors.InsufficientPrivilege) permission denied for table {at.table}",
            f'ERROR: 42501: permission denied for table "{at.table}"',
        )
    )


fault = Fault("grants_lost_on_recreate", inject, silent=False)
