"""Times and spans in words, in the reader's own zone."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta

from fireline import clock

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def moment(text: str | datetime) -> datetime:
    """The aware time that an ISO text of an operation's answer means."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text)


def at(text: str | datetime | None) -> str:
    """The time of day, with the date when it is not today; a dash for none."""
    if text is None:
        return "-"
    local = moment(text).astimezone()
    today = clock.now().astimezone().date()
    if local.date() == today:
        return f"{local:%H:%M:%S}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def past_moment(text: str) -> datetime:
    """A moment that a person wrote: a time of day, which is the last one there was, a date with a time, or how long ago.

    ValueError when it is none of them.
    """
    from fireline.settings import duration

    now = clock.now().astimezone()
    with suppress(ValueError):
        return now - duration(text.removesuffix("ago").strip())
    with suppress(ValueError):
        hour = time.fromisoformat(text)
        today = datetime.combine(now.date(), hour, hour.tzinfo or now.tzinfo)
        return today if today <= now else today - timedelta(days=1)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.astimezone()


def since(text: str | datetime) -> timedelta:
    """How long ago that was; negative for a time to come."""
    return clock.now() - moment(text)


def ago(text: str | datetime | None) -> str:
    """`12 min ago`, `in 5 min`; a dash for none."""
    if text is None:
        return "-"
    passed = since(text)
    return f"in {span(-passed)}" if passed < timedelta(0) else f"{span(passed)} ago"


def span(length: timedelta | float) -> str:
    """A length of time in at most two units: `47 s`, `12 min`, `2 h 5 min`, `3 days 4 h`."""
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        hours, rest = divmod(seconds, _HOUR)
        return f"{hours} h {rest // _MINUTE} min" if rest >= _MINUTE else f"{hours} h"
    days, rest = divmod(seconds, _DAY)
    return (
        f"{days} day{'s' if days > 1 else ''} {rest // _HOUR} h"
        if rest >= _HOUR
        else f"{days} day{'s' if days > 1 else ''}"
    )
