"""The bytes of a dump for those who restore it: a script reaches psql only after we have read it ourselves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from fireline.errors import Refused
from fireline.postgres.client_tools import ClientTools
from fireline.postgres.watch import Watch
from fireline.recovery.archive import layers
from fireline.recovery.archive.kinds import Archive, named
from fireline.recovery.archive.script import Script
from fireline.recovery.archive.verdicts import Contents
from fireline.recovery.sealing import Reader

PIECE = 1 << 17  # bytes looked at in one go: they stay in the processor's cache
_BYTE_ORDER = b"\xef\xbb\xbf"
_PREAMBLE = 1 << 12  # bytes in which pg_dump sets what it sets
_SETTING = b"\nSET transaction_timeout = 0;\n"  # pg_dump of 17 and later writes it for any server
_KNOWS_SETTING = 17


@contextmanager
def opened(archive: Archive, watch: Watch | None = None) -> Iterator[Reader]:
    """The bytes of a file without its wrappings, as they are; reading raises Refused where one is cut or damaged."""
    told = _Told(archive, watch) if watch else None
    with named(archive.path), layers.opened(archive.path, archive.layers, archive.identity, told) as reader:
        yield reader


@contextmanager
def stream(
    archive: Archive,
    *,
    foreign: bool = False,
    watch: Watch | None = None,
    server_major: int | None = None,
    tools: ClientTools | None = None,
) -> Iterator[Scanned]:
    """A script for psql without its wrappings. Reading raises Refused before psql could see what must not be, or a false end.

    server_major: of the server it goes to; what that is too old to know is left out where it does not matter.
    tools: whose psql reads it; it is told to take no commands from it, if it can be.
    """
    if archive.kind != "sql":
        raise Refused(f"{archive.path.name} is no script: pg_restore reads it")
    if archive.by_hand and not foreign:
        raise Refused(
            f"{archive.path.name} was not made by pg_dump, or its notes were taken out: nobody can tell whether it is whole",
            hint="If you know that it is, restore it with --foreign.",
        )
    with opened(archive, watch) as reader:
        restrict = tools is not None and tools.restricts
        too_new = server_major is not None and server_major < _KNOWS_SETTING
        yield Scanned(
            archive, reader, Script(foreign=archive.by_hand), blank=_SETTING if too_new else b"", restrict=restrict
        )


class Scanned:
    """A script of which nothing is handed on that was not looked at."""

    def __init__(
        self, archive: Archive, reader: Reader, script: Script, *, blank: bytes = b"", restrict: bool = False
    ) -> None:
        self._archive, self._reader, self._script = archive, reader, script
        self._blank = blank  # a line among the first that is left out
        self._restrict = restrict  # whether psql is told to take no commands
        self._held = bytearray()
        self._free = 0  # bytes of those that may go
        self._begun = self._ended = False

    @property
    def contents(self) -> Contents:
        """What has been seen so far."""
        return self._script.contents

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end, if it is a right one."""
        with named(self._archive.path):
            while not self._free and not self._ended:
                self._look_at(self._reader.read(PIECE) if self._begun else self._first())
        given = bytes(self._held[: min(self._free, size)])
        del self._held[: len(given)]
        self._free -= len(given)
        return given

    def _first(self) -> bytes:
        """The first bytes, without what psql or its server would stumble over."""
        data = b""
        while len(data) < _PREAMBLE and (piece := self._reader.read(PIECE)):
            data += piece
        data = data.removeprefix(_BYTE_ORDER)
        if self._blank:
            data = data[:_PREAMBLE].replace(self._blank, b"\n" * self._blank.count(b"\n"), 1) + data[_PREAMBLE:]
        return data

    def _look_at(self, data: bytes) -> None:
        if data:
            self._held += data
            self._free += self._script.feed(data)
            if self._restrict and not self._begun and not self._script.restricts_itself:
                command = b"\\restrict " + secrets.token_hex(16).encode() + b"\n"
                self._held[:0] = command
                self._free += len(command)
            self._begun = True
        else:
            self._script.finish()
            self._ended, self._free = True, len(self._held)


class _Told:
    """How much of a file has been read, told to whoever watches."""

    def __init__(self, archive: Archive, watch: Watch) -> None:
        self._archive, self._watch, self._done = archive, watch, 0

    def __call__(self, read: int) -> None:
        self._done += read
        self._watch.tell(f"reading {self._archive.path.name}", self._done, self._archive.bytes, "bytes")
