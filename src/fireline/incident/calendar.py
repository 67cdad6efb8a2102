"""Business hours: when a team is at work, and time counted in them only. Pure; which clock uses it is in `clocks`.

Hours are wall times of an IANA zone, expanded day by day, so that a change of the clocks never shifts them. A time that a
day skips is the moment of the change; a time that a day has twice is its first occurrence. Closing at or before the
opening time means on the following day, so 00:00 to 00:00 is the whole day.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fireline.errors import SettingsError
from fireline.settings import Calendar

_NEVER = 800  # closed days in a row after which a calendar is taken to have no business day at all
_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class BusinessCalendar:
    """When a team is at work."""

    zone: ZoneInfo = _UTC
    opens: time = time(9)
    closes: time = time(17)
    workdays: frozenset[int] = frozenset(range(5))  # Monday is 0
    closed: frozenset[date] = frozenset()
    holidays: Container[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Whether this local date is a business day."""
        return day.weekday() in self.workdays and day not in self.closed and day not in self.holidays

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of this local date, in UTC, were it a business day."""
        last = day if self.closes > self.opens else day + _DAY
        return first_at(day, self.opens, self.zone), first_at(last, self.closes, self.zone)


def of(settings: Calendar) -> BusinessCalendar:
    """The calendar that the settings describe; SettingsError when a country or a date in them is not one."""
    try:
        closed = frozenset(date.fromisoformat(day) for day in settings.closed)
    except ValueError as wrong:
        raise SettingsError(f"calendar.closed: {wrong}", hint="Write days as 2026-12-24.") from None
    return BusinessCalendar(
        zone=ZoneInfo(settings.timezone),
        opens=settings.opens,
        closes=settings.closes,
        workdays=frozenset(settings.workdays),
        closed=closed,
        holidays=_public_holidays(settings.holidays) if settings.holidays else frozenset(),
    )


def _public_holidays(place: str) -> Container[date]:
    from holidays import country_holidays  # heavy, and most settings name no country

    country, _, part = place.strip().upper().partition("-")
    try:
        return country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        raise SettingsError(
            f"calendar.holidays: no public holidays are known for {place!r}",
            hint="Write a country, or country-subdivision, such as DE, DE-BY or US-CA.",
        ) from None


def first_at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first moment at which a clock in the zone shows this time of this date or, where it is skipped, a later one."""
    shown = datetime.combine(day, wall.replace(tzinfo=None))
    moment = shown.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown:
        return moment
    # Skipped. With fold=1 the same reading counts from after the change and so lies before it: the change is in between.
    before, after = shown.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < shown:
            before = middle
        else:
            after = middle
    return after


def _windows(start: datetime, calendar: BusinessCalendar) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of business time from `start` on, in UTC, without end."""
    start = start.astimezone(UTC)
    day = start.astimezone(calendar.zone).date() - _DAY  # hours of yesterday may reach into today
    in_vain = 0
    while in_vain < _NEVER:
        in_vain += 1
        if calendar.works_on(day):
            opened, shut = calendar.hours(day)
            opened = max(opened, start)
            if opened < shut:
                yield opened, shut
                in_vain = 0
        day += _DAY
    raise SettingsError("the business calendar has no business day", hint="Check workdays and closed under [calendar].")


def add_business_time(start: datetime, duration: timedelta, calendar: BusinessCalendar) -> datetime:
    """The earliest moment by which this much business time has passed since `start`; in UTC."""
    if duration <= timedelta(0):
        return start.astimezone(UTC)
    for opened, shut in _windows(start, calendar):
        if duration <= shut - opened:
            return opened + duration
        duration -= shut - opened
    raise AssertionError("windows have no end")


def business_time_between(start: datetime, end: datetime, calendar: BusinessCalendar) -> timedelta:
    """How much business time lies between two moments; nothing when they are the other way round."""
    passed = timedelta(0)
    for opened, shut in _windows(start, calendar):
        if opened >= end:
            break
        passed += min(shut, end) - opened
    return passed


def next_business_day_opening(start: datetime, calendar: BusinessCalendar) -> datetime:
    """When the first business day after the local date of `start` opens; in UTC."""
    day = start.astimezone(calendar.zone).date()
    for _ in range(_NEVER):
        day += _DAY
        if calendar.works_on(day):
            opened, shut = calendar.hours(day)
            if opened < shut:
                return opened
    raise SettingsError("the business calendar has no business day", hint="Check workdays and closed under [calendar].")
