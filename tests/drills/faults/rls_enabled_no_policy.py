"""Row security was switched on, and no policy lets the application's role read."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(200, 900))
    app = f"app_{at.rng.randrange(50)}"
    at.sql(f"CREATE ROLE {app} LOGIN PASSWORD 'drill-pw-8472'")
    at.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {at.table}, {at.other} TO {app}")
    at.sql(f"ALTER TABLE {at.table} ENABLE ROW LEVEL SECURITY")
    if at.rng.random() < 0.3:
        at.sql(f"CREATE POLICY adding ON {at.table} FOR INSERT TO {app} WITH CHECK (true)")
    at.connect(app, application="web", autocommit=True).execute(f"SELECT count(*) FROM {at.table}".encode())
    return Wound(
        (
            "the app shows no data",
            f"all rows of {at.table} are gone",
            f"SELECT from {at.table} returns nothing",
            f"users report that the {at.table} list is empty",
        )
    )


fault = Fault("rls_enabled_no_policy", inject)
