"""When a silence holds: from its start to its hard end, all the time or in windows that come again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fireline.errors import Usage

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Recurrence:
    """Windows by the clock on the wall: on these days from `opens` to `closes`, past midnight when that is not later."""

    days: frozenset[int]  # Monday is 0
    opens: time
    closes: time
    timezone: str

    def json(self) -> dict[str, Any]:
        """As kept with the silence."""
        days = [DAYS[day] for day in sorted(self.days)]
        return {
            "days": days,
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "timezone": self.timezone,
        }

    def of_day(self, day: date) -> tuple[datetime, datetime] | None:
        """The window that begins on this day; an hour that daylight saving skips begins where the clock goes on."""
        if day.weekday() not in self.days:
            return None
        zone = ZoneInfo(self.timezone)
        last = day if self.closes > self.opens else day + timedelta(days=1)
        opens, closes = datetime.combine(day, self.opens, zone), datetime.combine(last, self.closes, zone)
        return opens.astimezone(UTC), closes.astimezone(UTC)


def recurrence(days: str, between: str, timezone: str) -> Recurrence:
    """Read `mon,tue` or `daily`, and `22:00-02:00`; raises Usage."""
    names = [name.strip()[:3].casefold() for name in days.split(",") if name.strip()]
    chosen = range(7) if days.strip().casefold() in ("daily", "every day") else [_day(name) for name in names]
    first, dash, last = between.partition("-")
    try:
        opens, closes = time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        raise Usage(
            f"{between[:40]!r} in {timezone[:40]!r} is not a window",
            hint="Write it as 22:00-02:00, zone Europe/Berlin.",
        ) from None
    if not chosen or not dash or opens == closes or opens.tzinfo or closes.tzinfo:
        raise Usage(f"{days[:40]!r} {between[:40]!r} is not a window", hint="Write days as mon,thu or daily.")
    return Recurrence(frozenset(chosen), opens, closes, timezone)


def _day(name: str) -> int:
    if name not in DAYS:
        raise Usage(f"{name!r} is not a day", hint=f"Days are {', '.join(DAYS)}; or write daily.")
    return DAYS.index(name)


def recurrence_of(kept: dict[str, Any] | None) -> Recurrence | None:
    """The recurrence that was kept; None when it is silent all the time. Raises Usage for one that can not be read."""
    if kept is None:
        return None
    return recurrence(",".join(kept["days"]), f"{kept['opens']}-{kept['closes']}", kept["timezone"])


def held_until(starts: datetime, ends: datetime, again: Recurrence | None, now: datetime) -> datetime | None:
    """Until when it holds, if it holds now."""
    if not starts <= now < ends:
        return None
    if again is None:
        return ends
    today = now.astimezone(ZoneInfo(again.timezone)).date()
    windows = [again.of_day(today - timedelta(days=1)), again.of_day(today)]
    held = [closes for window in windows if window and (closes := window[1]) and window[0] <= now < closes]
    return min(max(held), ends) if held else None


def windows(
    starts: datetime, ends: datetime, again: Recurrence | None, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """The stretches between two moments in which it holds, in order; for a calendar."""
    first, last = max(starts, since), min(ends, until)
    if first >= last:
        return []
    if again is None:
        return [(first, last)]
    day = first.astimezone(ZoneInfo(again.timezone)).date() - timedelta(days=1)
    found = []
    while datetime.combine(day, time(), UTC) <= last + timedelta(days=1):
        window = again.of_day(day)
        if window and window[0] < last and window[1] > first:
            found.append((max(window[0], first), min(window[1], last)))
        day += timedelta(days=1)
    return found
