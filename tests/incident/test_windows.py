from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fireline.errors import Usage
from fireline.incident.windows import held_until, recurrence, recurrence_of, windows

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 4, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_without_windows_it_holds_from_its_start_to_its_end() -> None:
    assert held_until(START, END, None, START) == END
    assert held_until(START, END, None, START - timedelta(seconds=1)) is None
    assert held_until(START, END, None, END) is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02T21:59+01:00", None),
        ("2026-03-02T22:00+01:00", "2026-03-03T02:00+01:00"),
        ("2026-03-03T01:59+01:00", "2026-03-03T02:00+01:00"),
        ("2026-03-03T02:00+01:00", None),
        ("2026-03-03T22:30+01:00", None),
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_begins_on(now: str, until: str | None) -> None:
    mondays = recurrence("mon", "22:00-02:00", "Europe/Berlin")
    assert held_until(START, END, mondays, at(now)) == (at(until) if until else None)


def test_a_window_ends_at_the_hard_end_at_the_latest() -> None:
    daily = recurrence("daily", "00:00-23:59", "UTC")
    assert held_until(START, START + timedelta(minutes=5), daily, START) == START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-03-28", "2026-03-28T01:30+01:00", "2026-03-28T03:30+01:00"),
        ("2026-03-29", "2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"),  # an hour shorter: 02:00 is 03:00
        ("2026-10-25", "2026-10-25T01:30+02:00", "2026-10-25T03:30+01:00"),  # an hour longer
    ],
)
def test_windows_go_by_the_clock_on_the_wall_when_daylight_saving_changes(day: str, first: str, last: str) -> None:
    daily = recurrence("daily", "01:30-03:30", "Europe/Berlin")
    assert daily.of_day(at(day).date()) == (at(first), at(last))


def test_a_window_that_begins_in_the_hour_that_is_skipped_begins_where_the_clock_goes_on() -> None:
    daily = recurrence("daily", "02:30-05:00", "Europe/Berlin")
    opens, closes = daily.of_day(at("2026-03-29").date()) or (None, None)
    assert (opens, closes) == (at("2026-03-29T03:30+02:00"), at("2026-03-29T05:00+02:00"))


def test_the_calendar_shows_each_stretch_once() -> None:
    weekly = recurrence("mon,thu", "22:00-02:00", "UTC")
    found = windows(START, END, weekly, at("2026-03-02T23:00+00:00"), at("2026-03-10T00:00+00:00"))
    assert found == [
        (at("2026-03-02T23:00+00:00"), at("2026-03-03T02:00+00:00")),
        (at("2026-03-05T22:00+00:00"), at("2026-03-06T02:00+00:00")),
        (at("2026-03-09T22:00+00:00"), at("2026-03-10T00:00+00:00")),
    ]
    assert windows(START, END, None, START - timedelta(days=9), START) == []


@pytest.mark.parametrize(
    ("days", "between", "timezone", "said"),
    [
        ("monn day", "22:00-02:00", "Mars/Base", "is not a window"),
        ("xyz", "22:00-02:00", "UTC", "'xyz' is not a day"),
        ("", "22:00-02:00", "UTC", "is not a window"),
        ("daily", "22:00", "UTC", "is not a window"),
        ("daily", "22:00-22:00", "UTC", "is not a window"),
        ("daily", "25:00-02:00", "UTC", "is not a window"),
    ],
)
def test_what_is_no_window_is_refused(days: str, between: str, timezone: str, said: str) -> None:
    with pytest.raises(Usage, match=said):
        recurrence(days, between, timezone)


def test_what_was_kept_is_read_again() -> None:
    made = recurrence("mon,sun", "22:00-02:00", "Europe/Berlin")
    assert recurrence_of(made.json()) == made
    assert recurrence_of(None) is None
