"""A role that policies are made for was given BYPASSRLS."""

from __future__ import annotations

from tests.drills.api import api
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    made = api(at)
    at.sql(f"ALTER ROLE {made.visitor} BYPASSRLS")
    return Wound(
        (
            f"{made.visitor} sees all rows of {at.other}",
            "every user sees the rows of other users",
            "row level security has no effect, anyone can see everything",
        )
    )


fault = Fault("role_bypassrls", inject)
