"""Where a value falls among the bounds of partitions, and which bounds and name a missing partition should have. Pure."""

# ruff: noqa: DTZ001 - bounds are compared without a zone, all of them as UTC
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fireline.assess.checks.partitions import Part, Partitioned, Partitions
from fireline.assess.quoting import literal

TIMES = ("timestamp with time zone", "timestamp without time zone", "date")
NUMBERS = ("smallint", "integer", "bigint")
_LOW, _HIGH = (0, 0), (2, 0)
_FORMATS = ("%Y_%m_%d", "%Y-%m-%d", "%Y%m%d", "y%Ym%md%d", "%Y_%m", "%Y-%m", "y%Ym%m", "%Y%m", "%Y")
_LONGEST_NAME = 63


@dataclass(frozen=True)
class Gap:
    """A value that no partition takes. since, until: the bounds of a partition for it, where they can be worked out."""

    table: Partitioned
    value: tuple[Any, ...]
    since: Any = None
    until: Any = None
    last: Part | None = None  # the partition before it

    @property
    def between(self) -> bool:
        """Whether there are partitions for later values."""
        return any(part.since and key(self.table, part.since, _LOW) > _known(self.value) for part in self.table.parts)


def read(text: str | None, kind: str | None) -> Any:
    """A value of a bound as something to compare; ValueError when it can not be read. Times become UTC without a zone."""
    if text is None or kind is None:
        raise ValueError("no value")
    if kind in NUMBERS:
        return int(text)
    if kind in TIMES:
        at = datetime.fromisoformat(text.strip())
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return text


def key(table: Partitioned, bound: tuple[str | None, ...], endless: tuple[int, Any]) -> tuple[tuple[int, Any], ...]:
    """A bound as something to compare with others of the same table."""
    return tuple(
        endless if one is None else (1, read(one, kind)) for one, kind in zip(bound, table.types, strict=False)
    )


def _known(value: tuple[Any, ...]) -> tuple[tuple[int, Any], ...]:
    return tuple((1, one) for one in value)


def takes(table: Partitioned, part: Part, value: tuple[Any, ...]) -> bool:
    """Whether a partition takes a value."""
    if table.strategy == "l":
        return any(one is not None and read(one, table.types[0]) == value[0] for one in part.values)
    if not part.since:
        return False
    return key(table, part.since, _LOW) <= _known(value) < key(table, part.until, _HIGH)


def now(seen: Partitions, table: Partitioned) -> datetime:
    """The moment of the look as a column of the table would hold it."""
    if table.types[0] == "date":
        return datetime(seen.local.year, seen.local.month, seen.local.day)
    return seen.at.astimezone(UTC).replace(tzinfo=None) if table.types[0] == TIMES[0] else seen.local


def gap(table: Partitioned, value: tuple[Any, ...]) -> Gap | None:
    """What is missing for a value; None when a partition takes it, or that can not be told."""
    if table.has_default or not table.whole or table.strategy not in ("r", "l") or len(value) != len(table.types):
        return None
    try:
        if any(takes(table, part, value) for part in table.parts):
            return None
        before = [part for part in table.parts if part.until and key(table, part.until, _HIGH) <= _known(value)]
        last = max(before, key=lambda part: key(table, part.until, _HIGH), default=None)
        since, until = (None, None) if table.strategy == "l" or len(value) > 1 else _bounds(table, value[0], last)
    except (ValueError, TypeError):
        return None
    return Gap(table, value, since, until, last)


def width(table: Partitioned, part: Part) -> Any:
    """How much a partition takes: a length of time or a number; None when it has no end."""
    if not part.since or part.since[0] is None or part.until[0] is None:
        return None
    return read(part.until[0], table.types[0]) - read(part.since[0], table.types[0])


def _bounds(table: Partitioned, value: Any, last: Part | None) -> tuple[Any, Any]:
    """A partition as wide as the one before, so many widths on that it takes the value, up to the next that is there."""
    size = width(table, last) if last else None
    if last is None or not size:
        return None, None
    start, first = read(last.until[0], table.types[0]), read(last.since[0], table.types[0])
    if isinstance(value, datetime) and _months(first, start):
        since, until = _by_months(start, value, _months(first, start))
    else:
        since = start + (value - start) // size * size
        until = since + size
    later = [read(part.since[0], table.types[0]) for part in table.parts if part.since and part.since[0] is not None]
    return since, min([until, *(one for one in later if one > value)])


def _months(since: datetime, until: datetime) -> int:
    """How many whole months lie between two moments; 0 when they are not at the same place in theirs."""
    count = (until.year - since.year) * 12 + until.month - since.month
    return (
        count
        if count and since == datetime(since.year, since.month, 1) and until == datetime(until.year, until.month, 1)
        else 0
    )


def _by_months(start: datetime, value: datetime, count: int) -> tuple[datetime, datetime]:
    steps = ((value.year - start.year) * 12 + value.month - start.month) // count * count
    return _later(start, steps), _later(start, steps + count)


def _later(at: datetime, months: int) -> datetime:
    number = at.year * 12 + at.month - 1 + months
    return datetime(number // 12, number % 12 + 1, 1)


def written(table: Partitioned, value: Any) -> str:
    """A value as an SQL literal."""
    kind = table.types[0]
    if isinstance(value, datetime):
        text = value.date().isoformat() if kind == "date" else value.isoformat(sep=" ")
        return literal(f"{text}+00" if kind == TIMES[0] else text)
    return str(value) if isinstance(value, int) else literal(str(value))


def name(found: Gap) -> str:
    """A name for the missing partition, after the pattern of the one before it."""
    table, taken = found.table, {part.name for part in found.table.parts}
    made = _patterned(found) or f"{table.name}_{_stamp(found.since if found.since is not None else found.value[0])}"
    made = made[: _LONGEST_NAME - 2]
    return next(one for one in (made, *(f"{made}_{number}" for number in range(2, 100))) if one not in taken)


def _patterned(found: Gap) -> str | None:
    last = found.last
    if last is None or not isinstance(found.since, datetime) or last.since[0] is None:
        return None
    before = read(last.since[0], found.table.types[0])
    for pattern in _FORMATS:
        if before.strftime(pattern) in last.name:
            return last.name.replace(before.strftime(pattern), found.since.strftime(pattern))
    return None


def _stamp(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.strftime("%Y%m%d")
    return "".join(letter if letter.isalnum() else "_" for letter in str(value)).lower()


def recently(found: Gap, seen: Partitions) -> bool:
    """Whether rows may still be meant for it: the last partition ended not much longer ago than it was long."""
    size = width(found.table, found.last) if found.last else None
    if not isinstance(size, timedelta) or found.last is None or found.last.until[0] is None:
        return False
    ended = read(found.last.until[0], found.table.types[0])
    used = any(part.inserted or part.rows > 0 for part in found.table.parts)
    return used and now(seen, found.table) - ended <= max(3 * size, timedelta(days=2))
