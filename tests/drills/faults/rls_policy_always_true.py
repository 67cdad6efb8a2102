"""A policy that lets everybody at every row."""

from __future__ import annotations

from tests.drills.api import api
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    made = api(at)
    condition = at.rng.choice(("true", "1 = 1", "(SELECT true)", "true OR n > 3", "NOT false"))
    command, more = at.rng.choice((("ALL", ""), ("UPDATE", ""), ("ALL", f" WITH CHECK ({condition})")))
    to = at.rng.choice(("PUBLIC", made.visitor))
    at.sql(f"GRANT SELECT, UPDATE, INSERT, DELETE ON {at.table} TO {made.visitor}")
    at.sql(f"ALTER TABLE {at.table} ENABLE ROW LEVEL SECURITY")
    if command == "UPDATE":
        at.sql(f"CREATE POLICY reading ON {at.table} FOR SELECT TO {to} USING (n = 3)")
    at.sql(
        f"CREATE POLICY policy_{at.rng.randrange(100)} ON {at.table} FOR {command} TO {to} USING ({condition}){more}"
    )
    return Wound(
        (
            f"any user can edit any row of {at.table}",
            "users can change the data of other users",
            f"policies on {at.table} let everybody in",
        )
    )


fault = Fault("rls_policy_always_true", inject)
