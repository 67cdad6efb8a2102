"""A view of the owner shows strangers what row security hides from them."""

from __future__ import annotations

from tests.drills.api import api
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    made = api(at)
    view = f"{at.other}_{at.rng.choice(('list', 'overview', 'summary', 'v'))}"
    if at.rng.random() < 0.5:
        at.sql(f"CREATE VIEW inner_{view} AS SELECT * FROM {at.other}")
        at.sql(f"CREATE VIEW {view} AS SELECT id, name FROM inner_{view}")
    else:
        at.sql(f"CREATE VIEW {view} AS SELECT o.id, o.name FROM {at.other} o WHERE o.id > 0")
    if at.rng.random() < 0.5:
        at.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {made.owner}")
        at.sql(f"ALTER VIEW {view} OWNER TO {made.owner}")
    at.sql(f"GRANT SELECT ON {view} TO {made.visitor}")
    return Wound(
        (
            f"anon reads protected table {at.other}",
            "strangers see all rows although row level security is on",
            f"{view} leaks the data of other users",
        )
    )


fault = Fault("definer_view_bypasses_rls", inject)
