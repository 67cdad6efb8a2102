"""Bytes as people write them."""

from __future__ import annotations

import pytest

from fireline.sizes import size


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (1536, "1.5 kB"),
        (13_002_342, "12.4 MB"),
        (671_088_640, "640 MB"),
        (1 << 40, "1.0 TB"),
        (-2048, "-2.0 kB"),
    ],
)
def test_a_size_has_three_figures_and_a_unit(count: int, said: str) -> None:
    assert size(count) == said
