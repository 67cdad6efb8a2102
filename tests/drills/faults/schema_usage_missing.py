"""The application's role keeps its grants on tables and loses the schema they are in.

Not to be found without a complaint: a schema may be shut on purpose.
"""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    schema = at.rng.choice(("app", "Core", "shop_v2"))
    role = at.rng.choice((at.role, "app_rw"))
    at.sql("CREATE ROLE app_rw")
    at.sql(f"GRANT app_rw TO {at.role}")
    at.sql(f'CREATE SCHEMA "{schema}"')
    for name in (at.table, at.other):
        at.sql(f'CREATE TABLE "{schema}".{name} (id int PRIMARY KEY)')
        at.sql(f'GRANT SELECT, INSERT ON "{schema}".{name} TO {role}')
    at.sql(f'ALTER ROLE {at.role} SET search_path = "{schema}", public')
    return Wound(
        (
            f"ERROR:  permission denied for schema {schema}",
            f'psycopg2.errors.UndefinedTable: relation "{at.table}" does not exist',
            f"since the restore: InsufficientPrivilege: permission denied for schema {schema}",
        )
    )


fault = Fault("schema_usage_missing", inject, silent=False)
