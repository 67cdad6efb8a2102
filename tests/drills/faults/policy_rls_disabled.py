"""Policies are there, and row security was switched off."""

from __future__ import annotations

from tests.drills.api import api, protect
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    made = api(at)
    protect(at, at.table, made.visitor, f"note = current_setting('app.who', true) OR n = {at.rng.randrange(9)}")
    at.sql(f"ALTER TABLE {at.table} DISABLE ROW LEVEL SECURITY")
    return Wound(
        (
            f"the policies on {at.table} are ignored",
            "every user sees the rows of other users",
            f"any user can read all of {at.table}",
        )
    )


fault = Fault("policy_rls_disabled", inject)
