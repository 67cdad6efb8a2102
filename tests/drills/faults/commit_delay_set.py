"""Somebody set commit_delay to make commits cheaper, and made each of them slow."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop()
    delay = at.rng.choice((20_000, 50_000, 100_000))
    if at.rng.random() < 0.5:
        at.reload(commit_delay=str(delay), commit_siblings="0")
    else:
        at.reload(commit_siblings="0")
        at.sql(f"ALTER ROLE {at.role} SET commit_delay = {delay}")
    at.traffic(2)
    return Wound(
        (
            "every commit takes 100 ms",
            "writes are slow, each INSERT takes the same extra time",
            "saving is slow, reading is fast",
        )
    )


fault = Fault("commit_delay_set", inject, {"fsync": "on"})
