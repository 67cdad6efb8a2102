"""The business calendar against an oracle that walks minute by minute through the wall clock of the zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.errors import SettingsError
from fireline.incident import calendar
from fireline.incident.calendar import (
    BusinessCalendar,
    add_business_time,
    business_time_between,
    first_at,
    next_business_day_opening,
)
from fireline.settings import Calendar

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Africa/Casablanca",  # summer time all year but for Ramadan
    "America/Havana",  # changes at midnight
    "UTC",
]
HOURS = [
    (time(9), time(17)),
    (time(8, 30), time(18, 15)),
    (time(0), time(6)),  # holds every change of the clocks
    (time(0), time(0)),  # all day
    (time(22), time(6)),  # over night
]


def a_calendar(zone: str, opens: time = time(9), closes: time = time(17), **more: object) -> BusinessCalendar:
    return BusinessCalendar(ZoneInfo(zone), opens, closes, **more)  # type: ignore[arg-type]


def is_open(moment: datetime, kept: BusinessCalendar) -> bool:
    """The oracle: what the clock on the wall says, and nothing else."""
    local = moment.astimezone(kept.zone)
    today, shown = local.date(), local.time()
    if kept.opens < kept.closes:
        return kept.works_on(today) and kept.opens <= shown < kept.closes
    evening = kept.works_on(today) and shown >= kept.opens
    return evening or (kept.works_on(today - DAY) and shown < kept.closes)


def walk(start: datetime, minutes: int, kept: BusinessCalendar) -> datetime:
    """The oracle's answer, minute by minute."""
    moment = start
    while minutes:
        minutes -= is_open(moment, kept)
        moment += MINUTE
    return moment


def moments(year: int = 2026) -> st.SearchStrategy[datetime]:
    """Whole minutes of a year."""
    return st.integers(0, 365 * 24 * 60 - 1).map(lambda n: datetime(year, 1, 1, tzinfo=UTC) + n * MINUTE)


calendars = st.builds(
    lambda zone, hours, workdays, closed: a_calendar(zone, *hours, workdays=workdays, closed=closed),
    st.sampled_from(ZONES),
    st.sampled_from(HOURS),
    st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5).map(frozenset),
)


@settings(max_examples=120, deadline=None)
@given(calendars, moments(), st.integers(1, 1500))
def test_business_time_is_what_a_walk_along_the_wall_clock_counts(
    kept: BusinessCalendar, start: datetime, minutes: int
) -> None:
    assert add_business_time(start, minutes * MINUTE, kept) == walk(start, minutes, kept)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hours", [(time(9), time(17)), (time(0), time(6)), (time(22), time(6))])
def test_every_day_of_a_year_has_the_hours_that_its_wall_clock_shows(zone: str, hours: tuple[time, time]) -> None:
    kept = a_calendar(zone, *hours, workdays=frozenset(range(7)))
    quarter = timedelta(minutes=15)  # every change of the clocks falls on one
    moment = datetime(2025, 12, 30, tzinfo=UTC)
    counted: dict[date, timedelta] = {}
    while moment < datetime(2027, 1, 3, tzinfo=UTC):
        if is_open(moment, kept):
            local = moment.astimezone(kept.zone)
            shift = local.date() - (DAY if kept.opens > kept.closes and local.time() < kept.closes else timedelta(0))
            counted[shift] = counted.get(shift, timedelta(0)) + quarter
        moment += quarter
    day = date(2026, 1, 1)
    while day < date(2027, 1, 1):
        opened, shut = kept.hours(day)
        assert shut - opened == counted.get(day, timedelta(0)), day
        day += DAY


@settings(max_examples=60, deadline=None)
@given(calendars, moments(), st.integers(0, 3000), st.integers(0, 3000))
def test_more_time_is_never_sooner(kept: BusinessCalendar, start: datetime, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert start <= add_business_time(start, less * MINUTE, kept) <= add_business_time(start, more * MINUTE, kept)


@settings(max_examples=60, deadline=None)
@given(calendars, moments(), moments(), st.integers(0, 3000))
def test_who_starts_later_is_never_done_sooner(
    kept: BusinessCalendar, one: datetime, other: datetime, minutes: int
) -> None:
    early, late = sorted((one, other))
    assert add_business_time(early, minutes * MINUTE, kept) <= add_business_time(late, minutes * MINUTE, kept)


@settings(max_examples=60, deadline=None)
@given(calendars, moments(), st.integers(1, 3000))
def test_what_was_added_is_what_lies_between(kept: BusinessCalendar, start: datetime, minutes: int) -> None:
    end = add_business_time(start, minutes * MINUTE, kept)
    assert business_time_between(start, end, kept) == minutes * MINUTE
    assert business_time_between(end, start, kept) == timedelta(0)


@settings(max_examples=80, deadline=None)
@given(calendars, moments())
def test_the_next_business_day_opens_on_a_later_date_with_no_business_day_between(
    kept: BusinessCalendar, start: datetime
) -> None:
    opening = next_business_day_opening(start, kept)
    today = start.astimezone(kept.zone).date()
    day = next(today + n * DAY for n in range(1, 400) if kept.works_on(today + n * DAY))
    assert opening == first_at(day, kept.opens, kept.zone)
    assert opening.astimezone(kept.zone).date() == day
    assert opening > start


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("zone", "night", "hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), 5),  # 02:00 is 03:00
        ("Europe/Berlin", (2026, 10, 25), 7),  # 03:00 is 02:00
        ("America/New_York", (2026, 3, 8), 5),
        ("America/New_York", (2026, 11, 1), 7),
        ("Australia/Lord_Howe", (2026, 4, 5), 6.5),
        ("Australia/Lord_Howe", (2026, 10, 4), 5.5),
        ("Africa/Casablanca", (2026, 2, 15), 7),  # Ramadan begins
        ("Africa/Casablanca", (2026, 3, 22), 5),
        ("Asia/Kathmandu", (2026, 3, 29), 6),
        ("America/Havana", (2026, 3, 8), 5),  # there is no midnight
    ],
)
def test_a_change_of_the_clocks_makes_the_night_shorter_or_longer(
    zone: str, night: tuple[int, int, int], hours: float
) -> None:
    opened, shut = a_calendar(zone, time(0), time(6)).hours(date(*night))
    assert shut - opened == timedelta(hours=hours)


def test_a_time_that_is_skipped_is_the_moment_of_the_change_and_one_that_comes_twice_is_the_first() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert first_at(date(2026, 3, 29), time(2, 30), berlin) == local("Europe/Berlin", 2026, 3, 29, 3, 0)
    assert first_at(date(2026, 10, 25), time(2, 30), berlin) == local("Europe/Berlin", 2026, 10, 25, 2, 30, fold=0)
    samoa = ZoneInfo("Pacific/Apia")  # a whole day was skipped
    assert first_at(date(2011, 12, 30), time(9), samoa) == local("Pacific/Apia", 2011, 12, 31, 0, 0)


def test_hours_that_a_change_swallows_count_as_none() -> None:
    kept = a_calendar("Europe/Berlin", time(2), time(3), workdays=frozenset(range(7)))
    opened, shut = kept.hours(date(2026, 3, 29))
    assert opened == shut
    start = local("Europe/Berlin", 2026, 3, 29, 1, 0)
    assert add_business_time(start, timedelta(minutes=30), kept) == local("Europe/Berlin", 2026, 3, 30, 2, 30)
    assert next_business_day_opening(start - DAY, kept) == local("Europe/Berlin", 2026, 3, 30, 2, 0)


def test_friday_afternoon_goes_on_on_monday() -> None:
    kept = a_calendar("Europe/Berlin")
    friday = local("Europe/Berlin", 2026, 11, 20, 16, 0)
    assert add_business_time(friday, timedelta(hours=1), kept) == local("Europe/Berlin", 2026, 11, 20, 17, 0)
    assert add_business_time(friday, timedelta(hours=2), kept) == local("Europe/Berlin", 2026, 11, 23, 10, 0)
    assert next_business_day_opening(friday, kept) == local("Europe/Berlin", 2026, 11, 23, 9, 0)
    assert next_business_day_opening(friday + 2 * DAY, kept) == local("Europe/Berlin", 2026, 11, 23, 9, 0)


def test_public_holidays_are_those_of_the_place() -> None:
    bavaria = calendar.of(Calendar(timezone="Europe/Berlin", holidays="DE-BY", closed=["2026-12-24"]))
    berlin = calendar.of(Calendar(timezone="Europe/Berlin", holidays="DE-BE"))
    california = calendar.of(Calendar(timezone="America/Los_Angeles", holidays="us-ca"))
    epiphany, thanksgiving = date(2026, 1, 6), date(2026, 11, 26)
    assert not bavaria.works_on(epiphany)
    assert berlin.works_on(epiphany)
    assert not california.works_on(thanksgiving)
    assert berlin.works_on(thanksgiving)
    assert not bavaria.works_on(date(2026, 12, 24))
    # Christmas 2026: closed on the 24th, holidays on Friday and Saturday, then the weekend.
    eve = local("Europe/Berlin", 2026, 12, 23, 16, 0)
    assert add_business_time(eve, timedelta(hours=2), bavaria) == local("Europe/Berlin", 2026, 12, 28, 10, 0)


@pytest.mark.parametrize("place", ["XX", "DE-XX", "Atlantis", "-"])
def test_a_place_nobody_knows_is_a_fault_of_the_settings(place: str) -> None:
    with pytest.raises(SettingsError, match="no public holidays are known"):
        calendar.of(Calendar(holidays=place))


def test_a_date_that_is_none_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsError, match=r"calendar\.closed"):
        calendar.of(Calendar(closed=["2026-02-30"]))


def test_a_calendar_without_a_business_day_says_so_instead_of_searching_for_ever() -> None:
    class Always:
        def __contains__(self, day: object) -> bool:
            return True

    kept = a_calendar("UTC", holidays=Always())
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(SettingsError, match="has no business day"):
        add_business_time(start, MINUTE, kept)
    with pytest.raises(SettingsError, match="has no business day"):
        next_business_day_opening(start, kept)


def test_the_settings_own_calendar_is_nine_to_five_in_utc() -> None:
    assert calendar.of(Calendar()) == BusinessCalendar()
