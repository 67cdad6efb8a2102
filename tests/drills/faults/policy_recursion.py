"""A policy that asks the table it protects."""

from __future__ import annotations

from tests.drills.api import api
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    made = api(at)
    at.sql(f"ALTER TABLE {at.table} ENABLE ROW LEVEL SECURITY")
    at.sql(f"GRANT SELECT ON {at.table} TO {made.visitor}")
    at.sql(f"CREATE POLICY fine ON {at.table} TO {made.visitor} USING (n = {at.rng.randrange(5)})")
    at.sql(
        f"CREATE POLICY ring ON {at.table} TO {made.visitor} USING ({at.other}_id IN (SELECT t.{at.other}_id FROM {at.table} t WHERE t.n = 1))"
    )
    return Wound(
        (
            f'ERROR:  infinite recursion detected in policy for relation "{at.table}"',
            f"reading {at.table} fails because of a policy",
        )
    )


fault = Fault("policy_recursion", inject)
