"""Bytes as people write them."""

from __future__ import annotations

_STEP = 1024
_THREE_FIGURES = 100


def size(count: float) -> str:
    """812 B, 12.4 MB, 640 MB, 1.5 GB."""
    left = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(left) < _STEP:
            return f"{left:.0f} {unit}" if unit == "B" or left >= _THREE_FIGURES else f"{left:.1f} {unit}"
        left /= _STEP
    return f"{left:,.1f} TB"
