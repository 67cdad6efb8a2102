"""A function with its owner's rights that looks names up where the caller says."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(200)
    name = f"{at.rng.choice(('grant', 'promote', 'total', 'audit'))}_{at.rng.randrange(100)}"
    arguments = at.rng.choice(("", "who text", "who text, OUT n bigint, amount numeric DEFAULT 1"))
    returns = "" if "OUT" in arguments else " RETURNS bigint"
    at.sql(
        f"CREATE FUNCTION {name}({arguments}){returns} LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM {at.table}'"
    )
    other = f"backoffice_{at.rng.randrange(100)}"
    at.sql(f"CREATE ROLE {other} LOGIN PASSWORD 'drill-pw-8472'")
    return Wound(
        (
            "security audit: privilege escalation risk",
            f"a caller of function {name} could escalate privileges",
            "security definer function flagged by the scanner",
        )
    )


fault = Fault("definer_function_search_path", inject)
