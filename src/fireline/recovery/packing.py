"""Compress the files of a dump while pg_dump writes them, where its own way to compress takes most of the time.

pg_dump writes without compression into a folder of its own; each file is followed as it grows, and removed when it is packed.
What comes of it is what pg_dump would have written with gzip, so that any pg_restore reads it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO

from fireline.postgres.watch import Watch
from fireline.recovery import quick_gzip
from fireline.recovery.archive import header
from fireline.recovery.archive.kinds import TOC
from fireline.recovery.manifest import File

_PIECE = 1 << 20
_LOOK_SECONDS = 0.01
# The last bytes of a table's rows. A line of data never looks so: a backslash in it is doubled.
_ALL, _LAST = b"\\.\n\n\n", b"\n\\.\n\n\n"
_RARELY = 20  # looking takes a twentieth of the time at most, also among very many large objects


@contextmanager
def packing(raw: Path, packed: Path, threads: int, watch: Watch) -> Iterator[Packing]:
    """Pack what the block lets pg_dump write to `raw` into the new folder `packed`; after the block everything is there.

    Nothing is in `raw` yet, nor need it be there. Raises OSError, when the disk is full for one.
    """
    packed.mkdir(mode=0o700)
    work = Packing(raw, packed, watch)
    with ThreadPoolExecutor(threads, "packing") as pool:
        followers = [pool.submit(work.follow) for _ in range(threads)]
        try:
            yield work
            work.written.set()
        except BaseException:
            work.stopped.set()
            if work.fault is not None:  # the dump was ended for it
                raise work.fault from None
            raise
    for one in followers:
        one.result()
    work.finish()


class Packing:
    """The followers of one dump. files: size and checksum of each packed file, by its name."""

    def __init__(self, raw: Path, packed: Path, watch: Watch) -> None:
        self.files: dict[str, File] = {}
        self.written, self.stopped = threading.Event(), threading.Event()  # pg_dump has ended well; nobody wants it
        self.fault: BaseException | None = None
        self._raw, self._packed, self._watch = raw, packed, watch
        self._seen: set[str] = set()
        self._waiting: list[str] = []
        self._pause = _LOOK_SECONDS
        self._guard = threading.Lock()

    def broken(self) -> str | None:
        """Why the dump need not go on, for who runs it."""
        return "its files could not be compressed" if self.fault is not None else None

    def follow(self) -> None:
        """Pack one file after the other, until nothing more can come."""
        try:
            while not self.stopped.is_set():
                over = self.written.is_set()  # asked first: what is not there then does not come any more
                name = self._next(over)
                if name is not None:
                    self._pack(name)
                elif over:
                    return
                else:
                    self.written.wait(self._pause)
        except BaseException as fault:
            self.fault = self.fault or fault
            self.stopped.set()
            raise

    def finish(self) -> None:
        """Take over what is not packed: the table of contents and the lists of large objects."""
        for path in sorted(self._raw.iterdir()):
            path.rename(self._packed / path.name)
        self._raw.rmdir()
        header.set_gzip(self._packed / TOC)

    def _next(self, over: bool) -> str | None:
        """A file that nobody has yet. Large objects have no end that could be seen, so they wait for the end of the dump."""
        with self._guard:
            if not self._waiting and self._raw.is_dir():
                began = monotonic()
                found = {path.name for path in self._raw.iterdir() if path.suffix == ".dat" and path.name != TOC}
                self._waiting = sorted(name for name in found - self._seen if over or _holds_rows(name))
                self._seen.update(self._waiting)
                self._pause = max(_LOOK_SECONDS, _RARELY * (monotonic() - began))
            return self._waiting.pop() if self._waiting else None

    def _pack(self, name: str) -> None:
        with (self._raw / name).open("rb", buffering=0) as source, (self._packed / f"{name}.gz").open("xb") as out:
            sink = _Sink(out)
            for piece in self._pieces(source, rows=_holds_rows(name)):
                sink.write(piece)
            self.files[f"{name}.gz"] = sink.end()
        (self._raw / name).unlink()

    def _pieces(self, source: IO[bytes], *, rows: bool) -> Iterator[bytes]:
        """All of a file that may still grow: up to the end of its rows, or until pg_dump has ended."""
        tail = b""
        while not self.stopped.is_set():
            self._watch.cancel.check()
            over = self.written.is_set()
            piece = source.read(_PIECE)
            if piece:
                tail = (tail + piece)[-len(_LAST) :]
                yield piece
            if rows and (tail == _LAST or (tail == _ALL and source.tell() == len(_ALL))):
                return
            if not piece and over:
                return
            if len(piece) < _PIECE:
                self.written.wait(_LOOK_SECONDS)


def _holds_rows(name: str) -> bool:
    """Whether a file of a dump is a table's: they have numbers, large objects have names."""
    return name.removesuffix(".dat").isdigit()


class _Sink:
    """Where packed bytes go, with their number and checksum."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._gzip, self._digest, self._bytes = out, quick_gzip.packer(), hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._put(self._gzip.compress(data))

    def end(self) -> File:
        self._put(self._gzip.flush())
        return File(self._bytes, self._digest.hexdigest())

    def _put(self, packed: bytes) -> None:
        self._out.write(packed)
        self._digest.update(packed)
        self._bytes += len(packed)
