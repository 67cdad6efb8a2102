"""Which tables and databases became much larger or smaller between two recorded states. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fireline.sizes import size

MOST = 10
_SHARE = 0.2  # of what it was
_BYTES = 2**20  # less is not worth a line
_ROWS = 1_000


def growth(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The largest changes first: databases by bytes, tables by bytes and rows, as PostgreSQL estimates them."""
    old, new = before.get("database_sizes") or {}, after.get("database_sizes") or {}
    yield from _largest([("database", name, old[name], new[name]) for name in new if name in old])
    tables, now = ((one.get("sizes") or {}).get("tables") or {} for one in (before, after))
    yield from _largest([("table", name, tables[name], now[name]) for name in now if name in tables])


def _largest(pairs: list[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[str]:
    found = []
    for noun, name, old, new in pairs:
        words = []
        was, now = _bytes(old), _bytes(new)
        if _much(was, now, _BYTES):
            words.append(f"{size(now)}, {size(was)} before")
        counted, counts = _rows(old), _rows(new)
        if _much(counted, counts, _ROWS):
            words.append(f"about {counts:,} rows, {counted:,} before")
        if words:
            weight = max(abs(now - was), abs(counts - counted))
            found.append((weight, f"{noun} {name}: {'; '.join(words)}"))
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    yield from (line for _, line in found[:MOST])
    if len(found) > MOST:
        yield f"… and {len(found) - MOST} more {pairs[0][0]}s"


def _much(was: int, now: int, least: int) -> bool:
    return abs(now - was) >= max(least, _SHARE * was)


def _bytes(row: Mapping[str, Any]) -> int:
    return int(row.get("bytes") or 0) + int(row.get("index_bytes") or 0)


def _rows(row: Mapping[str, Any]) -> int:
    """Rows as counted by the statistics since the server's last crash, else as of the last vacuum."""
    return int(row.get("live") or row.get("rows") or 0)
