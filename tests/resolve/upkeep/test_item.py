"""Numbers as people read them."""

from __future__ import annotations

import pytest

from fireline.resolve.upkeep.item import size, span


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0 kB"), (8192, "8 kB"), (15 * 2**20, "15 MB"), (1.4 * 2**30, "1.4 GB"), (3 * 2**40, "3.0 TB")],
)
def test_bytes(number: float, told: str) -> None:
    assert size(number) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (100, "100 s"), (700, "12 min"), (9000, "2 h"), (9e6, "104 days")]
)
def test_times(seconds: float, told: str) -> None:
    assert span(seconds) == told
