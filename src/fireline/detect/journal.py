"""Keeps signals in local files while the store is away, and gives them back in the same order: what is kept is on disk.

What a server that died has left, the next one on the machine takes over. Striking out may be lost by a crash: then a
signal is stored again under the same id, which changes nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from fireline.detect import segment as segments
from fireline.detect.segment import Segment
from fireline.detect.signals import Row
from fireline.errors import FirelineError
from fireline.settings import Settings

SUFFIX = ".journal"
DAMAGED = ".damaged"  # kept for a person: something in the midst of it can not be read
LARGE = 8 * 1024**2  # bytes; a file that has them gets no more lines, and goes once it is read

log = structlog.get_logger(__name__)


class JournalFull(FirelineError):
    """the store is away, and its journal can take no more"""

    http_status = 503


class Journal:
    """What this server keeps and the store does not have yet; any thread may read the figures."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.most = limit
        self._segments: list[Segment] = []  # the oldest first
        self._writing: Segment | None = None
        self._read_to: tuple[Segment, int, int] | None = None  # what was read last: where it ends, how many
        self._lock = threading.Lock()
        self.signals = 0
        self.bytes = 0
        self.oldest: datetime | None = None

    def adopt(self) -> int:
        """Take over what dead servers have left; how many signals."""
        with self._lock:
            before, ours = self.signals, {one.path for one in self._segments}
            for path in _files(self.folder):
                found = segments.take(path) if path not in ours else None
                if found is not None:
                    found.look_through()
                    self._segments.append(found)
            self._segments.sort(key=lambda one: one.path.name)
            self._forget_done()
            self._measure()
            return self.signals - before

    def append(self, rows: Sequence[Row]) -> None:
        """Keep these. Raises JournalFull, and then it keeps none of them and all that it had."""
        written = segments.lines_of(rows)
        with self._lock:
            if self.bytes + len(written) > self.most:
                raise JournalFull(hint="Send it again in a second.")
            try:
                self._place().append(written, len(rows))
            except OSError as full:
                self._writing = None  # nothing is written behind what may be half a line
                log.error("the journal can not be written", folder=str(self.folder), error=str(full))
                raise JournalFull(f"the journal can not be written: {full.strerror}") from full
            finally:
                self._forget_done()
                self._measure()

    def read(self, most: int) -> list[Row]:
        """The oldest that are not struck out, of one file at a time."""
        with self._lock:
            self._read_to = None
            for one in self._segments:
                rows, end = one.read(most)
                self._read_to = (one, end, len(rows))
                if rows:
                    return rows
            return []

    def strike(self) -> None:
        """What was read last is in the store; a file of which nothing is left is deleted."""
        with self._lock:
            if self._read_to is not None:
                one, end, number = self._read_to
                one.done, one.signals = end, one.signals - number
                self._read_to = None
            self._forget_done()
            self._measure()

    def close(self) -> None:
        """Let go of the files; what they hold is for whoever comes next."""
        with self._lock:
            for one in self._segments:
                one.close()
            self._segments, self._writing = [], None

    def _place(self) -> Segment:
        """The file that is written to now."""
        while self._writing is None or self._writing.size >= LARGE:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / f"{time.time_ns():020d}-{os.getpid()}{SUFFIX}"
            self._writing = segments.make(path)
            if self._writing is not None:
                self._segments.append(self._writing)
        return self._writing

    def _forget_done(self) -> None:
        for one in [one for one in self._segments if one.done >= one.size]:
            with suppress(OSError):
                one.path.rename(one.path.with_suffix(DAMAGED)) if one.damaged else one.path.unlink()
            one.close()
            self._segments.remove(one)
            if one is self._writing:
                self._writing = None

    def _measure(self) -> None:
        self.signals = sum(one.signals for one in self._segments)
        self.bytes = sum(one.size for one in self._segments)
        first = self._segments[0].oldest() if self._segments else None
        self.oldest = first.received_at if first else None


def folder_of(settings: Settings) -> Path:
    """Where the servers of these settings keep theirs."""
    return settings.path(settings.server.journal_folder or settings.store.folder / "journal")


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except OSError:
        return []
