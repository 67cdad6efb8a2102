"""What a dump is wrapped in, compression and encryption, taken off as a stream that never ends quietly before its end."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lz4.frame
import zstandard

from fireline.errors import Refused
from fireline.recovery import quick_gzip, sealing
from fireline.recovery.sealing import Reader
from fireline.redact import Secret

AGE = "age"
HEAD = 1 << 16  # bytes that are enough to see what something is
_FAULTS: tuple[type[Exception], ...] = (
    *quick_gzip.FAULTS,
    zstandard.ZstdError,
    lzma.LZMAError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)
_SKIPPABLE = tuple(
    bytes([low, 0x2A, 0x4D, 0x18]) for low in range(0x50, 0x60)
)  # frames of zstd and lz4 with notes in them


@dataclass(frozen=True)
class Compression:
    """One way to compress. piece: bytes read at once, few where few may become very many."""

    name: str
    magic: tuple[bytes, ...]
    start: Callable[[], Any]  # something with decompress, eof and unused_data
    piece: int


COMPRESSIONS = (
    Compression("gzip", (b"\x1f\x8b",), quick_gzip.unpacker, 1 << 16),
    Compression(
        "zstd", (b"\x28\xb5\x2f\xfd", *_SKIPPABLE), lambda: zstandard.ZstdDecompressor().decompressobj(), 1 << 14
    ),
    Compression("lz4", (b"\x04\x22\x4d\x18",), lz4.frame.LZ4FrameDecompressor, 1 << 16),
    Compression("bzip2", (b"BZh",), bz2.BZ2Decompressor, 1 << 12),
    Compression("xz", (b"\xfd7zXZ\x00",), lzma.LZMADecompressor, 1 << 12),
)
_BY_NAME = {one.name: one for one in COMPRESSIONS}


def layer_of(head: bytes) -> str | None:
    """The wrapping that bytes begin with, or None."""
    if head.startswith(sealing.MAGIC):
        return AGE
    return next((one.name for one in COMPRESSIONS if head.startswith(one.magic)), None)


@contextmanager
def opened(
    path: Path, layers: tuple[str, ...], identity: Secret | None, told: Callable[[int], None] | None = None
) -> Iterator[Reader]:
    """The bytes inside of a file's wrappings, the outermost first. told: how many bytes of the file were read, each time.

    Reading raises Refused where a wrapping is cut or damaged.
    """
    with ExitStack() as stack:
        reader: Reader = stack.enter_context(path.open("rb", buffering=0))
        if told:
            reader = _Counted(reader, told)
        for layer in layers:
            if layer != AGE:
                reader = Unpacked(reader, _BY_NAME[layer])
            elif identity is None:
                raise Refused("it is encrypted with age, and no key is known", hint="Set recovery.identity.")
            else:
                reader = stack.enter_context(sealing.unsealed(reader, identity))
        yield reader


class _Counted:
    """A reader whose bytes are counted."""

    def __init__(self, reader: Reader, told: Callable[[int], None]) -> None:
        self._reader, self._told = reader, told

    def read(self, size: int, /) -> bytes:
        data = self._reader.read(size)
        self._told(len(data))
        return data


class Unpacked:
    """What is in a compressed stream of one or more members; an end in the middle, or something behind it, raises Refused."""

    def __init__(self, reader: Reader, how: Compression) -> None:
        self._reader, self._how = reader, how
        self._member: Any = how.start()
        self._begun = False  # whether the present member has had a byte
        self._left = b""
        self._out = memoryview(b"")
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        while not self._out and not self._ended:
            self._out = memoryview(self._more())
        given, self._out = self._out[:size], self._out[size:]
        return bytes(given)

    def _more(self) -> bytes:
        piece = self._left or self._reader.read(self._how.piece)
        self._left = b""
        if not piece:
            self._ended = True
            if self._begun:
                raise Refused(f"the {self._how.name} data is cut: it ends before its end")
            return b""
        if not self._begun:
            piece = self._at_start(piece)
        try:
            out: bytes = self._member.decompress(piece)
        except _FAULTS as fault:
            raise Refused(f"the {self._how.name} data is damaged: {fault}") from None
        if self._member.eof:
            self._left = self._member.unused_data or b""
            self._member, self._begun = self._how.start(), False
        return out

    def _at_start(self, piece: bytes) -> bytes:
        """The next member begins: it must look like one."""
        longest = max(len(magic) for magic in self._how.magic)
        while len(piece) < longest and (more := self._reader.read(longest - len(piece))):
            piece += more
        if not piece.startswith(self._how.magic):
            raise Refused(f"something that is no {self._how.name} data stands behind the end of it",
                          hint="The copy is not as it was made: fetch it again.")  # fmt: skip
        self._begun = True
        return piece
