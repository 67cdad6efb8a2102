"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def span(length: timedelta) -> str:
    """2 d 3 h, 90 min as 1 h 30 min, 45 s, 300 ms: the two largest units."""
    left = length.total_seconds()
    if abs(left) < 1:
        return f"{left * 1000:.0f} ms"
    whole, parts = round(left), []
    for seconds, unit in _UNITS:
        number, whole = divmod(whole, seconds)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
