"""Every statement is compiled before it runs. Only Debian's server here has the compiler."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, as_application, asked, large


def inject(at: Place) -> Wound:
    large(at, analyze=False)
    as_application(at, f"ANALYZE {at.table}")
    settings = {
        "jit_above_cost": str(at.rng.choice((0, 1, 5))),
        "jit_inline_above_cost": "0",
        "jit_optimize_above_cost": "0",
    }
    where = at.rng.choice(("role", "database", "server"))
    for name, value in settings.items():
        if where == "server":
            at.reload(**{name: value})
        else:
            whom = {"role": f"ROLE {at.role}", "database": f"DATABASE {at.database}"}[where]
            at.sql(f"ALTER {whom} SET {name} = {value}")
    asked(at, f"SELECT count(*), max(note) FROM {at.table} WHERE id BETWEEN 40 AND 130 AND state <> 'gone'", times=8)
    asked(at, f"SELECT note FROM {at.table} WHERE id = 99 ORDER BY made", times=6)
    return Wound((*COMPLAINTS, "even the shortest query takes 300 ms"))


fault = Fault("jit_misconfigured", inject, library="llvmjit")
