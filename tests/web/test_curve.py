"""The curve of a score: in words, with gaps where nobody looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.web.curve import curve, levels_for


def points(*given: tuple[float, int | None]) -> list[dict[str, Any]]:
    return [{"at": (clock.now() - timedelta(minutes=ago)).isoformat(), "score": score} for ago, score in given]


def test_it_says_in_words_what_it_shows() -> None:
    drawn = curve(points((60, 90), (55, 20), (50, 99)), 24, 300)
    assert 'aria-label="Score over the last 1 d: now 99, lowest 20, highest 99"' in drawn
    assert drawn.count("<polyline") == 1
    assert "style=" not in drawn


def test_where_nobody_looked_there_is_a_gap() -> None:
    drawn = curve(points((600, 90), (595, 90), (50, 99)), 24, 300)
    assert (drawn.count("<polyline"), drawn.count("<circle")) == (1, 1)


def test_an_unknown_score_is_no_point_and_without_any_there_is_no_curve() -> None:
    assert curve(points((10, None)), 24, 300) == ""
    assert curve([], 24, 300) == ""
    assert curve(points((10, None), (5, 70)), 24, 300).count("<circle") == 1


def test_a_long_curve_stays_in_its_frame() -> None:
    drawn = curve(points(*((minutes, minutes % 101) for minutes in range(1400, 0, -4))), 24, 0)
    (places,) = [part.split('"')[1] for part in drawn.split("<polyline ")[1:]]
    pairs = [tuple(map(float, pair.split(","))) for pair in places.split()]
    assert all(0 <= x <= 720 and 0 <= y <= 150 for x, y in pairs)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (2, 2), (3, 5), (6, 10), (11, 20), (21, 50), (99, 100), (4_001, 5_000)]
)
def test_the_scale_ends_at_a_round_number_that_nothing_is_above(most: int, top: int) -> None:
    assert levels_for(most) == (0, top // 2, top)


def test_a_number_of_another_scale_stays_in_its_frame_and_its_lines_say_what_they_are() -> None:
    drawn = curve(
        points((60, 40), (55, 1_900)), 24, 300, "Slowest", levels=(0, 1_000, 2_000), label=lambda ms: f"{ms} ms"
    )
    assert "Slowest over the last 1 d: now 1900, lowest 40, highest 1900" in drawn
    assert ">2000 ms</text>" in drawn
    (places,) = [part.split('"')[1] for part in drawn.split("<polyline ")[1:]]
    assert all(0 <= float(pair.split(",")[1]) <= 150 for pair in places.split())
