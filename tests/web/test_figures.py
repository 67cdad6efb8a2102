"""Figures as they are written on a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fireline import clock
from fireline.web import figures


@pytest.mark.parametrize(
    ("seconds", "ticking", "span"),
    [
        (0, "0:00", "0 s"),
        (59.9, "0:59", "59 s"),
        (61, "1:01", "1 min"),
        (2832, "47:12", "47 min"),
        (3600, "1:00:00", "1 h"),
        (13_640, "3:47:20", "3 h 47 min"),
        (86_400, "1 d 0 h", "1 d"),
        (183_600, "2 d 3 h", "2 d 3 h"),
    ],
)
def test_a_span_is_a_clock_or_words(seconds: float, ticking: str, span: str) -> None:
    assert figures.ticking(seconds) == ticking
    assert figures.span(seconds) == span


def test_a_moment_is_readable_without_javascript_and_knows_its_zone() -> None:
    moment = datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert figures.at(moment) == (
        '<time datetime="2020-03-04T05:06:07+00:00" data-style="near" title="2020-03-04 05:06:07 UTC">4 Mar 05:06</time>'
    )
    assert ">2020-03-04 05:06:07<" in figures.at(moment, "full")
    assert ">4 Mar 05:06<" in figures.at(moment.isoformat(), "day")
    assert f">{clock.now():%H:%M}<" in figures.at(clock.now(), "hour")
    assert figures.at(None) == ""


def test_a_deadline_that_has_passed_is_negative() -> None:
    assert ">−3:1" in figures.countdown(clock.now() - timedelta(minutes=3, seconds=10))
    assert ">2:5" in figures.countdown(clock.now() + timedelta(minutes=2, seconds=59))
    assert "data-since" in figures.countup(clock.now())
    assert figures.countdown(None) == figures.countup(None) == figures.between(None) == ""


def test_short_figures() -> None:
    assert [figures.ms(value) for value in (None, 12, 200, 41_000, 180_000)] == [
        "",
        "12 ms",
        "0.2 s",
        "41.0 s",
        "3 min",
    ]
    assert [figures.shape(rank) for rank in (0, 1, 2, 3, 9)] == ["◆", "▲", "●", "○", "○"]
    assert [figures.number(name) for name in ("INC-7", "inc-7", 7)] == ["7", "7", "7"]
    assert (figures.plural(1, "alert"), figures.plural(10_000, "alert"), figures.plural(2, "try", "tries")) == (
        "1 alert",
        "10,000 alerts",
        "2 tries",
    )
    assert figures.pretty({"ü": 1}) == '{\n  "ü": 1\n}'
    assert figures.pretty("as it is") == "as it is"


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("size_bytes", 812, "812 B"),
        ("size_bytes", 13_002_342, "12.4 MB"),
        ("size_bytes", 2**50, "1,024.0 TB"),
        ("cache_share", 0.9731, "97.3 %"),
        ("mean_ms", 41.2, "41 ms"),
        ("longest_s", 3700.0, "1 h 1 min"),
        ("calls", 1234567, "1,234,567"),
        ("ratio", 1.5, "1.50"),
        ("valid", False, "no"),
        ("state", "idle", "idle"),
        ("anything", None, ""),
    ],
)
def test_a_value_of_a_table_is_written_by_the_unit_at_the_end_of_its_name(
    name: str, value: object, written: str
) -> None:
    assert figures.quantity(name, value) == written


def test_the_name_of_a_column_is_words_without_its_unit() -> None:
    assert figures.column("idle_longest_s") == "Idle longest"
    assert figures.column("state") == "State"


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (12, "12 s"), (200, "3 min"), (12_000, "3 h"), (200_000, "2 d")]
)
def test_an_age_is_read_from_afar(seconds: float | None, text: str) -> None:
    assert figures.age(seconds) == text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (("loading rows", 1_200_000, 5_000_000, "rows", 130), "loading rows: 1,200,000 of 5,000,000 rows, 24 %, about 2 min left"),
        (("reading", 1_048_576, 2_097_152, "bytes", None), "reading: 1.0 MB of 2.0 MB, 50 %"),
        (("loading rows", 12, None, "rows", None), "loading rows: 12 rows"),
        (("collecting statistics", 0, None, "tables", None), "collecting statistics"),
    ],
)  # fmt: skip
def test_how_far_a_piece_of_work_is_in_words(told: tuple[str, int, int | None, str, float | None], text: str) -> None:
    assert figures.progress(dict(zip(("doing", "done", "total", "unit", "seconds_left"), told, strict=True))) == text
