"""One file of the journal: lines of length, CRC-32 and JSON, written at its end and flushed, read from its beginning.

A line that was cut short, or that a disk has altered, is told from one that is whole, and costs no other its place.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zlib import crc32

from fireline.detect.signals import Row

HEAD = 18  # bytes: two numbers of eight hexadecimal digits, a blank behind each


@dataclass
class Segment:
    """A file whose lock we hold until it is closed, by us or by our death."""

    path: Path
    fd: int
    size: int = 0  # where the last whole line ends
    done: int = 0  # where the first line begins that is not in the store
    signals: int = 0  # from there on
    damaged: bool = False  # there is something unreadable before a line that is whole

    def append(self, written: bytes, signals: int) -> None:
        """Put these lines at the end, on disk when it returns; OSError leaves what was there before as it was."""
        try:
            place = self.size
            left = memoryview(written)
            while left:
                wrote = os.pwrite(self.fd, left, place)
                left, place = left[wrote:], place + wrote
            os.fdatasync(self.fd)
        except OSError:
            with suppress(OSError):  # what is left of it is not read by us; another may store what nobody was promised
                os.ftruncate(self.fd, self.size)
            raise
        self.size += len(written)
        self.signals += signals

    def read(self, most: int) -> tuple[list[Row], int]:
        """The first lines that are not done, and where they end."""
        rows: list[Row] = []
        end = self.done
        for payload, end_of_line in _lines(self.fd, self.done, self.size):
            rows.append(row_of(payload))
            end = end_of_line
            if len(rows) == most:
                break
        return rows, end if len(rows) == most else self.size

    def oldest(self) -> Row | None:
        """The first line that is not done, when it is whole."""
        head = os.pread(self.fd, HEAD, self.done)
        with suppress(ValueError):
            first = next(_lines(self.fd, self.done, self.done + HEAD + int(head[:8], 16) + 1), None)
            return row_of(first[0]) if first else None
        return None

    def look_through(self) -> None:
        """Count what a dead server has left; what was cut short at the end was promised to nobody."""
        at = 0
        whole = os.fstat(self.fd).st_size
        for payload, end in _lines(self.fd, 0, whole):
            self.damaged = self.damaged or end - at != HEAD + len(payload) + 1
            at = end
            self.signals += 1
        self.size = at

    def close(self) -> None:
        """Let go of it."""
        os.close(self.fd)


def make(path: Path) -> Segment | None:
    """A new, empty one, locked; None when somebody else was quicker to lock it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # a file whose name is lost with the power is no file
        finally:
            os.close(folder)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return _held(path, fd)


def take(path: Path) -> Segment | None:
    """One that a dead server has left, locked; None when its server lives or it is gone."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return _held(path, fd)


def _held(path: Path, fd: int) -> Segment | None:
    """The file, now that it is locked; None when somebody had locked, emptied and deleted it before us."""
    if os.fstat(fd).st_nlink == 0:
        os.close(fd)
        return None
    return Segment(path, fd)


def line_of(row: Row) -> bytes:
    """A signal as it stands in the file."""
    kept = {"uid": row.uid.hex, "source": row.source, "received_at": row.received_at.isoformat(), "digest": row.digest.hex(), "body": row.body, "events": row.events}  # fmt: skip
    payload = json.dumps(kept).encode()
    return b"%08x %08x %b\n" % (len(payload), crc32(payload), payload)


def row_of(payload: bytes) -> Row:
    """The signal that was kept."""
    kept = json.loads(payload)
    at, digest = datetime.fromisoformat(kept["received_at"]), bytes.fromhex(kept["digest"])
    return Row(kept["source"], at, digest, kept["body"], kept["events"], UUID(kept["uid"]))


def lines_of(rows: Sequence[Row]) -> bytes:
    """Several of them."""
    return b"".join(map(line_of, rows))


def _lines(fd: int, begin: int, end: int) -> Iterator[tuple[bytes, int]]:
    """The whole lines between two places, each with the place behind it; what is none is passed over."""
    held, at = _content(fd, begin, end), 0
    while at < len(held):
        payload = _payload(held, at)
        if payload is not None:
            at += HEAD + len(payload) + 1
            yield payload, begin + at
        else:
            at = held.find(b"\n", at) + 1 or len(held)


def _content(fd: int, begin: int, end: int) -> bytes:
    parts = []
    while begin < end and (part := os.pread(fd, end - begin, begin)):
        parts.append(part)
        begin += len(part)
    return b"".join(parts)


def _payload(held: bytes, at: int) -> bytes | None:
    """What the line at this place holds; None when it is not whole."""
    try:
        length, check = int(held[at : at + 8], 16), int(held[at + 9 : at + 17], 16)
    except ValueError:
        return None
    payload = held[at + HEAD : at + HEAD + length]
    ends = held[at + HEAD + length : at + HEAD + length + 1] == b"\n"
    return payload if payload and ends and crc32(payload) == check else None
