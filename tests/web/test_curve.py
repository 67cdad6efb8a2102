"""The curve of a score: in words, with gaps where nobody looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline import clock
from fireline.web.curve import curve


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
