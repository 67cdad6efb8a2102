"""A setting forbids the planner the indexes there are, for the application's role, its database or everybody."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, asked, large


def inject(at: Place) -> Wound:
    column = large(at)
    if at.rng.random() < 0.6:
        settings = {"enable_indexscan": "off", "enable_bitmapscan": "off"}
    else:
        settings = {"random_page_cost": str(at.rng.choice((500, 1000, 40000)))}
    where = at.rng.choice(("role", "database", "server", "role in database"))
    for name, value in settings.items():
        if where == "server":
            at.reload(**{name: value})
        else:
            whom = {"role": f"ROLE {at.role}", "database": f"DATABASE {at.database}"}.get(where, f"ROLE {at.role} IN DATABASE {at.database}")  # fmt: skip
            at.sql(f"ALTER {whom} SET {name} = {value}")
    asked(at, f"SELECT * FROM {at.table} WHERE {column} = 'Key77'")
    asked(at, f"SELECT note FROM {at.table} WHERE id = %s", 99)
    return Wound((*COMPLAINTS, "since the last change every page of the app is slow"))


fault = Fault("planner_guc_disabled", inject)
