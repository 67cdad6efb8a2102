"""The application's address leads to a standby.

Not to be found without a complaint: a standby that nobody complains about is an ordinary replica.
"""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(200)
    at.stop()
    (at.data / "standby.signal").touch()
    at.cluster.start()
    at.admin = at.connect(autocommit=True)
    return Wound(
        (
            "ERROR:  cannot execute UPDATE in a read-only transaction",
            "PG::ReadOnlySqlTransaction: ERROR: cannot execute INSERT in a read-only transaction",
            "since the failover nothing can be saved, read-only errors everywhere",
        )
    )


fault = Fault("failover_to_standby", inject, silent=False)
