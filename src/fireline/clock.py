"""The only source of the time of day; tests move it, in one process or in many, instead of sleeping."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

_offset = timedelta(0)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset + _offset_of_file()


def _offset_of_file() -> timedelta:
    """Seconds in the file that FIRELINE_CLOCK_FILE names: how a test moves the clock of running processes."""
    path = os.environ.get("FIRELINE_CLOCK_FILE")
    if not path:
        return timedelta(0)
    try:
        return timedelta(seconds=float(Path(path).read_text() or 0))
    except (OSError, ValueError):
        return timedelta(0)


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Move this process's clock for as long as the block lasts."""
    global _offset  # noqa: PLW0603 - the one moved clock of this process
    _offset += by
    try:
        yield
    finally:
        _offset -= by
