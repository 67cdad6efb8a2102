"""The server may keep next to nothing in memory."""

from __future__ import annotations

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, as_application, asked, large


def inject(at: Place) -> Wound:
    large(at, analyze=False)
    as_application(at, f"ANALYZE {at.table}")
    at.restart(shared_buffers=at.rng.choice(("1MB", "2MB", "4MB")))
    asked(at, f"SELECT count(*), avg(owner_id), max(length(note)) FROM {at.table}", times=15)

    def remedy(root: Verdict) -> None:
        with psycopg.connect(at.dsn(), autocommit=True) as conn:
            for statement in root.remedy.sql:
                conn.execute(statement.encode())
        at.restart()

    return Wound((*COMPLAINTS, "the disk reads all the time and every report is slow"), remedy=remedy)


fault = Fault("shared_buffers_tiny", inject)
