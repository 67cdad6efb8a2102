"""The application asks for a list, and then once more for each row of it."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(1000, 4000))
    page = at.rng.randrange(20, 60)
    with at.connect(at.role, application="web", autocommit=True) as conn:
        for number in range(at.rng.randrange(1600, 2600) // page):
            rows = conn.execute(
                f"SELECT id, {at.other}_id, n FROM {at.table} WHERE state = 'new' ORDER BY id OFFSET %s LIMIT {page}".encode(),
                (number,),
            ).fetchall()
            for row in rows:
                conn.execute(f"SELECT name FROM {at.other} WHERE id = %s".encode(), (row[1],))
    return Wound(
        (
            "the overview page takes 4 seconds but no query is slow",
            "[ALERT] p95 latency of GET /overview above 3 s, database CPU 90 %",
            "the list page got slow when we added the customer's name",
        )
    )


fault = Fault("n_plus_one", inject)
