"""The application logs in as the owner of its tables, so that its policies hold for nobody."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(200, 900))
    at.sql(f"ALTER TABLE {at.table} ENABLE ROW LEVEL SECURITY")
    at.sql(f"CREATE POLICY tenant ON {at.table} USING ({at.other}_id = current_setting('app.tenant', true)::bigint)")
    if at.rng.random() < 0.5:
        staff = f"report_{at.rng.randrange(50)}"
        at.sql(f"CREATE ROLE {staff} LOGIN; GRANT SELECT ON {at.table} TO {staff}")
    at.connect(at.role, application="web", autocommit=True).execute("SELECT 1")
    return Wound(
        (
            "a tenant sees the data of all tenants",
            f"customers see {at.table} of other customers",
            "row level security does nothing: every tenant sees everything",
        )
    )


fault = Fault("owner_bypasses_rls", inject)
