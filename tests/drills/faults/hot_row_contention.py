"""Every request counts up the same row; all wait in line, and the head of the line changes all the time."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    row, pause = 1 + at.rng.randrange(1000), at.rng.choice(("0.01", "0.03", "0.06"))
    for number in range(at.rng.randrange(6, 12)):
        at.background(
            f"UPDATE {at.table} SET n = n + 1 WHERE id = {row}",
            f"SELECT pg_sleep({pause})",
            role=at.role,
            application=f"web-{number}",
            again=True,
        )
    at.until("SELECT 1 FROM pg_locks WHERE NOT granted GROUP BY () HAVING count(*) > 3")

    def slower(_: object) -> None:
        at.close()  # the callers are slowed down, as the text advises
        at.admin = at.connect(autocommit=True)

    return Wound(
        (
            f"updates of one row in {at.table} are slow under load",
            "latency of the counter endpoint is up, statements wait for locks",
            "UPDATE takes seconds when many users click at once",
        ),
        remedy=slower,
    )


fault = Fault("hot_row_contention", inject)
