from __future__ import annotations

from typing import Any

import pytest

from fireline import shelf
from fireline.detect.door import SHELF
from fireline.detect.source import Event, Source, event_of, key, labels, line, moment, moment_said, part, prose


@pytest.mark.parametrize("name", ["alertmanager", "generic", "report"])
def test_every_file_on_the_shelf_is_a_source_of_its_name(name: str) -> None:
    source = shelf.read(SHELF, "source")[name]
    assert isinstance(source, Source)
    assert source.format == name
    assert source.summary


def test_an_event_that_a_newer_program_kept_is_still_read() -> None:
    assert event_of({"key": "k", "key_reason": "r", "title": "t", "colour": "red"}) == Event("k", "r", "t")


def test_a_line_is_one_line_and_bounded() -> None:
    assert line("  a\r\n\tb\x00c\u2028d  ") == "a b c d"
    assert line("x" * 400) == "x" * 299 + "…"
    assert line(None) == ""
    assert line({"a": [1, None]}) == '{"a": [1, null]}'
    assert line(True) == "true"


def test_prose_keeps_its_lines_and_nothing_that_steers_a_terminal() -> None:
    assert prose("a\r\nb\x1b[31m\tc\n") == "a\nb [31m\tc"


def test_labels_are_texts_whatever_was_sent() -> None:
    assert labels({"a": 1, "b": None, "c": {"d": "e"}, "f\n": "g"}) == {"a": "1", "c": '{"d": "e"}', "f": "g"}
    assert labels("x") == labels(None) == labels([1]) == {}


def test_short_keys_stay_readable_and_long_ones_differ() -> None:
    assert key("am", "x") == "am:x"
    assert key("am", "x" * 999) != key("am", "x" * 998)


def test_a_moment_is_utc_or_nothing() -> None:
    assert moment("2026-01-05T04:00:00+01:00") == "2026-01-05T03:00:00+00:00"
    for nothing in ("0001-01-01T00:00:00Z", "2026-01-05T03:00:00", "soon", None, 5, "9999-12-31T23:59:59-14:00"):
        assert moment(nothing) is None


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-01-05T04:00:00+01:00", "2026-01-05T03:00:00+00:00"),
        ("2026-01-05T03:00:00.315+0000", "2026-01-05T03:00:00.315000+00:00"),
        ("2026-01-05T03:00:00", "2026-01-05T03:00:00+00:00"),
        ("2026-01-05 03:00:00Z", "2026-01-05T03:00:00+00:00"),
        ("2026-01-05T03:00:00+00:00Z", "2026-01-05T03:00:00+00:00"),
        (1767582000, "2026-01-05T03:00:00+00:00"),
        ("1767582000.5", "2026-01-05T03:00:00.500000+00:00"),
        (1767582000000, "2026-01-05T03:00:00+00:00"),
    ],
)
def test_a_time_is_read_however_senders_write_it(said: object, at: str) -> None:
    assert moment_said(said) == at


@pytest.mark.parametrize(
    "said", [None, True, "", "soon", "0001-01-01T00:00:00Z", "20260105", "nan", [], {"a": 1}, "9" * 400]
)
def test_what_is_no_time_is_none(said: object) -> None:
    assert moment_said(said) is None


@pytest.mark.parametrize("document", [{}, {"x": None}, {"x": []}, {"x": "text"}, {"y": {"a": 1}}])
def test_a_part_that_is_no_object_is_an_empty_one(document: dict[str, Any]) -> None:
    assert part(document, "x") == {}
    assert part({"x": {"a": 1}}, "x") == {"a": 1}
