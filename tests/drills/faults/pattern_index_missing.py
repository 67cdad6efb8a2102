"""A column is searched by a pattern that begins with anything, which its index, if there is one, does not serve."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import COMPLAINTS, asked, large


def inject(at: Place) -> Wound:
    column = large(at, index=at.rng.random() < 0.5)
    pattern = at.rng.choice(("%ey77", "%y12345%", "%EY12345%"))
    word = "ILIKE" if "EY" in pattern else "LIKE"
    asked(at, f"SELECT * FROM {at.table} WHERE {column} {word} '{pattern}'")
    return Wound((*COMPLAINTS, "search is slow for all customers"))


fault = Fault("pattern_index_missing", inject)
