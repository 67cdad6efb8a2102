"""The first bytes of an archive of pg_dump: who made it, from what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fireline.errors import Refused

MAGIC = b"PGDMP"
_FORMATS = {1: "custom", 3: "tar", 5: "directory"}
_ALGORITHMS = {0: "none", 1: "gzip", 2: "lz4", 3: "zstd"}
_OLDEST = (1, 10)  # before that no versions were written
_NAMED_COMPRESSION = (1, 15)
_WIDEST = 8  # bytes of a number
_LONGEST = 1 << 16
_FIXED = len(MAGIC) + 6  # bytes before the one on compression: version, widths, format
_MOMENT = 7  # numbers: second, minute, hour, day, month, year, summer time


@dataclass(frozen=True)
class Header:
    """What it says."""

    kind: str
    compression: str
    database: str | None
    server_version: str | None
    tool_version: str | None
    entries: int


def read(head: bytes) -> Header:
    """Read it. Raises Refused when it is cut or not understood."""
    if not head.startswith(MAGIC):
        raise Refused("its table of contents is none of pg_dump's")
    reader = _Reader(head)
    version = (reader.byte(), reader.byte())
    reader.byte()
    if version < _OLDEST:
        raise Refused(f"its format, {version[0]}.{version[1]}, is older than PostgreSQL 8.0 wrote it")
    reader.width = reader.byte()
    reader.byte()
    kind = _FORMATS.get(reader.byte(), "unknown")
    if not 0 < reader.width <= _WIDEST or kind == "unknown":
        raise Refused("its header makes no sense: it was altered")
    if version >= _NAMED_COMPRESSION:
        compression = _ALGORITHMS.get(reader.byte(), "unknown")
    else:
        compression = "gzip" if reader.number() else "none"
    for _ in range(_MOMENT):
        reader.number()
    return Header(kind, compression, reader.text(), reader.text(), reader.text(), reader.number())


def set_gzip(path: Path) -> None:
    """Have the table of contents of a dump that was not compressed say that its files are, now that they are."""
    with path.open("r+b") as file:
        reader = _Reader(file.read(_FIXED + 1 + _WIDEST))
        version = (reader.byte(), reader.byte())
        number = b"\x01" if version >= _NAMED_COMPRESSION else b"\x00\x01"  # of the method; or a sign and a level
        file.seek(_FIXED)
        if any(file.read(len(number))):
            raise Refused(f"{path.name} says that it is compressed already")
        file.seek(_FIXED)
        file.write(number)


class _Reader:
    """Numbers and texts one after the other."""

    def __init__(self, head: bytes) -> None:
        self._head, self._at, self.width = head, len(MAGIC), 0

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        sign = self.byte()
        value = int.from_bytes(self._take(self.width), "little")
        return -value if sign else value

    def text(self) -> str | None:
        length = self.number()
        if length > _LONGEST:
            raise Refused("its header makes no sense: it was altered")
        return None if length < 0 else self._take(length).decode(errors="replace")

    def _take(self, size: int) -> bytes:
        taken = self._head[self._at : self._at + size]
        if len(taken) < size:
            raise Refused("it is cut: even its header is not whole")
        self._at += size
        return taken
