"""The end of a log file, as far back as a moment: from a file here, or through the server; never the whole of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fireline.postgres.connect import Connection
from fireline.postgres.log_envelopes import first_in_syslog, of_syslog
from fireline.postgres.log_lines import Format, Said, format_of, parse

FIRST, MOST = 256 * 1024, 2 * 1024 * 1024  # bytes
_GLANCE = 8000
_STAT = "SELECT size, modification FROM pg_stat_file(%(path)s)"
_BYTES = "SELECT pg_read_binary_file(%(path)s, %(start)s, %(length)s) AS bytes"
Read = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Tail:
    """What a log said since a moment, oldest first. whole: False when it says more than was read.

    path: the file, or what else it was read from. form: of a file its format.
    """

    path: str
    form: str
    said: tuple[Said, ...]
    whole: bool


def of_file(path: Path, since: datetime, ident: str = "") -> Tail:
    """The end of a file on this machine; of one that syslog writes, what the server named `ident` said. Raises OSError."""
    with path.open("rb") as file:
        known = os.fstat(file.fileno())

        def part(start: int, length: int) -> bytes:
            file.seek(start)
            return file.read(length)

        return _tail(str(path), known.st_size, datetime.fromtimestamp(known.st_mtime, UTC), part, since, ident)


def of_server(conn: Connection, path: str, since: datetime) -> Tail | None:
    """The end of a file on the server's machine; None when it is not there. Raises psycopg.Error when that is not allowed."""
    known = conn.execute(_STAT, {"path": path}).fetchone()
    if known is None or known["size"] is None:
        return None

    def part(start: int, length: int) -> bytes:
        row = conn.execute(_BYTES, {"path": path, "start": start, "length": length}).fetchone()
        return bytes(row["bytes"]) if row else b""

    return _tail(path, known["size"], known["modification"].astimezone(UTC), part, since)


def _tail(path: str, size: int, written: datetime, part: Read, since: datetime, ident: str = "") -> Tail:
    """Read back in growing pieces until what was read reaches behind the moment, or enough was read."""
    if written < since:
        return Tail(path, "stderr", (), whole=True)
    length = min(FIRST, size)
    while True:
        text = part(size - length, length).decode(errors="replace")
        form = format_of(text, path)
        if length == size or length >= MOST or _reaches(text, form, written, since):
            break
        length = min(length * 4, MOST, size)
    found = of_syslog(text, written, ident) if form == "syslog" else list(parse(text, form, written))
    recent = tuple(one for one in found if one.at is None or one.at >= since)
    return Tail(path, form, recent, whole=length == size or len(recent) < len(found))


def _reaches(text: str, form: Format, written: datetime, since: datetime) -> bool:
    """Whether a piece begins before the moment; its end is looked at too, as it tells the time zone."""
    ends = f"{text[:_GLANCE]}\n{text[-_GLANCE:]}"
    if form == "syslog":
        earliest = first_in_syslog(ends, written)
    else:
        earliest = next((one.at for one in parse(ends, form, written) if one.at), None)
    return earliest is not None and earliest < since


SHAPE = (
    (re.compile(r"\"[^\"]*\"|'[^']*'|«[^»]*»"), '"…"'),
    (re.compile(r"\b0x[0-9a-f]+\b|\b[0-9A-F]+/[0-9A-F]+\b|\b\d+(?:\.\d+)*\b"), "N"),
)


def shape(message: str) -> str:
    """A message without the names and numbers in it: two of the same shape say the same of different things."""
    first = message.splitlines()[0] if message else ""
    for pattern, stands in SHAPE:
        first = pattern.sub(stands, first)
    return first
