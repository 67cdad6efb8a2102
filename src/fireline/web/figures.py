"""How figures are written on a page: moments, spans, severities, in words and shapes; readable without JavaScript."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup

from fireline import clock
from fireline.sizes import size

SHAPES = ("◆", "▲", "●", "○")  # by rank, so that a severity is known without its colour
_TODAY = timedelta(hours=18)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def moment(value: Any) -> datetime | None:
    """An aware datetime, from one or from its ISO text; None stays None."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value))


def at(value: Any, style: str = "near") -> Markup:
    """A moment as <time>: in UTC as written here, in the reader's zone once `clock.js` has seen it.

    style: near (to the second, with the day when it is not today), hour (the same without seconds), day, full (with year).
    """
    when = moment(value)
    if when is None:
        return Markup("")
    utc = when.astimezone(UTC)
    whole = utc.isoformat(" ", "seconds")[:19]
    # Only figures are put together here, and a page has hundreds of these: Markup.format would cost most of its time.
    return Markup(  # noqa: S704
        f'<time datetime="{utc.isoformat(timespec="seconds")}" data-style="{style}" title="{whole} UTC">{_written(utc, whole, style)}</time>'
    )


def _written(utc: datetime, whole: str, style: str) -> str:
    if style == "full":
        return whole
    if style == "day" or abs(clock.now() - utc) >= _TODAY:
        return f"{utc.day} {_MONTHS[utc.month - 1]} {whole[11:16]}"
    return whole[11:16] if style == "hour" else whole[11:]


def countdown(value: Any) -> Markup:
    """How long until a moment, ticking where there is JavaScript; −3:10 when it has passed."""
    when = moment(value)
    if when is None:
        return Markup("")
    left = (when - clock.now()).total_seconds()
    text = ticking(left) if left >= 0 else f"−{ticking(-left)}"
    return Markup('<b data-due="{}">{}</b>').format(when.astimezone(UTC).isoformat(timespec="seconds"), text)


def countup(value: Any) -> Markup:
    """How long ago a moment was, ticking where there is JavaScript."""
    when = moment(value)
    if when is None:
        return Markup("")
    past = max(0.0, (clock.now() - when).total_seconds())
    return Markup('<b data-since="{}">{}</b>').format(when.astimezone(UTC).isoformat(timespec="seconds"), ticking(past))


def ticking(seconds: float) -> str:
    """A span as a clock shows it: 47:12, 3:47:12, 2 d 3 h."""
    whole = int(seconds)
    if whole >= DAY:
        return f"{whole // DAY} d {whole % DAY // HOUR} h"
    if whole >= HOUR:
        return f"{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"
    return f"{whole // MINUTE}:{whole % MINUTE:02}"


def span(seconds: float) -> str:
    """A span in words: 12 min, 3 h 20 min, 2 d 3 h."""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        return f"{whole // HOUR} h" + (f" {whole % HOUR // MINUTE} min" if whole % HOUR >= MINUTE else "")
    return f"{whole // DAY} d" + (f" {whole % DAY // HOUR} h" if whole % DAY >= HOUR else "")


def age(seconds: float | None) -> str:
    """A span by its largest unit, to be read from afar: 12 min, 3 h, 2 d."""
    if seconds is None:
        return "?"
    whole = int(seconds)
    unit, word = next(
        ((unit, word) for unit, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if whole >= unit), (1, "s")
    )
    return f"{whole // unit} {word}"


def progress(told: dict[str, Any]) -> str:
    """How far a piece of work is: loading rows: 1,200,000 of 5,000,000 rows, 24 %, about 2 min left."""
    done, total, left = told["done"], told["total"], told.get("seconds_left")
    if told["unit"] == "bytes":
        counted = f"{size(done)} of {size(total)}" if total else size(done)
    else:
        counted = f"{done:,} of {total:,} {told['unit']}" if total else f"{done:,} {told['unit']}"
    share = [f"{min(done / total, 1.0) * 100:.0f} %"] if total else []
    until = [f"about {span(left)} left"] if left is not None and left >= 1 and total and done < total else []
    counts = [counted] if done or total else []
    return f"{told['doing']}: {', '.join([*counts, *share, *until])}" if counts else str(told["doing"])


def between(start: Any, end: Any = None) -> str:
    """How long it was from one moment to another, or until now."""
    first, last = moment(start), moment(end) or clock.now()
    return "" if first is None else span(max(0.0, (last - first).total_seconds()))


def ms(value: Any) -> str:
    """How long a step took: 12 ms, 0.9 s, 41 s, 3 min."""
    if value is None:
        return ""
    whole = float(value)
    if whole < 100:  # noqa: PLR2004 - below that a tenth of a second says too little
        return f"{whole:.0f} ms"
    return f"{whole / 1000:.1f} s" if whole < 1000 * MINUTE else span(whole / 1000)


def shape(rank: Any) -> str:
    """The shape of a severity by its rank."""
    return SHAPES[min(int(rank or 0), len(SHAPES) - 1)]


def number(incident: Any) -> str:
    """The number of an incident, whatever it is called by: INC-7 and 7 are 7."""
    return str(incident).upper().removeprefix("INC-")


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 alert, 2 alerts."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def pretty(value: Any) -> str:
    """JSON data as people read it."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


_UNITS = {"_bytes": size, "_share": lambda share: f"{share * 100:.1f} %", "_ms": ms, "_s": span, "_at": at}


def quantity(name: str, value: Any) -> Any:
    """A value of a table as people read it; its unit is the end of its column's name, as in `size_bytes`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    for ending, written in _UNITS.items():
        if name.endswith(ending):
            return written(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else value


def column(name: str) -> str:
    """The name of a column in words, without its unit: Idle longest."""
    stem = next((name.removesuffix(ending) for ending in _UNITS if name.endswith(ending)), name)
    return stem.replace("_", " ").capitalize()
