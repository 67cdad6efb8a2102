"""What the configuration files of a server say, read as files: for a server that can not be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_SETTING = re.compile(r"^\s*(\w+)\s*(?:=|\s)\s*('(?:[^']|'')*'|[^\s#]+)", re.MULTILINE)
_INCLUDE = re.compile(r"^\s*include(?:_if_exists)?\s*=?\s*'([^']+)'", re.MULTILINE)
_LARGEST_CONF = 1_000_000


@dataclass(frozen=True)
class Line:
    """One line of a configuration file."""

    file: Path
    number: int
    text: str


@lru_cache(maxsize=32)
def _read(path: Path, size: int, changed: int) -> str:
    del size, changed
    return path.read_text(errors="replace")


def settings(config: Path, depth: int = 3) -> dict[str, str]:
    """What a configuration file says, files that it includes with it; the later line counts. Empty if unreadable."""
    try:
        known = config.stat()
        text = _read(config, known.st_size, known.st_mtime_ns) if known.st_size < _LARGEST_CONF else ""
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name, value in _SETTING.findall(text):
        found[name.lower()] = value[1:-1].replace("''", "'") if value.startswith("'") else value
    for named in _INCLUDE.findall(text) if depth else ():
        found |= settings(config.parent / named, depth - 1)
    return found


def lines_of(data: Path, config: Path | None, name: str) -> tuple[Line, ...]:
    """The lines of the configuration files that give a setting a value, in the order in which they are read."""
    found: list[Line] = []
    for file in (config or data / "postgresql.conf", data / "postgresql.auto.conf"):
        found += _lines(file, re.compile(rf"\s*{re.escape(name)}\s*(?:=|\s)", re.IGNORECASE), 3)
    return tuple(found)


def _lines(file: Path, wanted: re.Pattern[str], depth: int) -> Iterator[Line]:
    with suppress(OSError):
        for number, text in enumerate(file.read_text(errors="replace").splitlines(), 1):
            if wanted.match(text):
                yield Line(file, number, text.strip())
            elif depth and (named := _INCLUDE.match(text)):
                yield from _lines(file.parent / named[1], wanted, depth - 1)
