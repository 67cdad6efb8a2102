from __future__ import annotations

from datetime import timedelta

import pytest

from fireline.detect.spans import span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 ms"), (0.3, "300 ms"), (1, "1 s"), (90, "1 min 30 s"), (3_600, "1 h"), (90_061, "1 d 1 h"), (59.6, "1 min")],
)  # fmt: skip
def test_a_length_of_time_is_its_two_largest_units(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
