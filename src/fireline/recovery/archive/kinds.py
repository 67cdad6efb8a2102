"""What a file or folder is, told by its content and never by its name; only its first bytes are read."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from fireline.errors import Refused
from fireline.recovery.archive import header
from fireline.recovery.archive.layers import AGE, HEAD, layer_of, opened
from fireline.redact import Secret

Kind = Literal["directory", "custom", "tar", "sql"]
TOC = "toc.dat"
_DEEPEST = 3  # wrappings around each other
_TAR = slice(257, 262)
_BLOCK = 512
_SERVER = re.compile(rb"^-- Dumped from database version (\S.*?)\r?$", re.M)
_TOOL = re.compile(rb"^-- Dumped by pg_dump version (\S.*?)\r?$", re.M)
_MADE = re.compile(rb"^-- PostgreSQL database dump\r?$", re.M)
_WHOLE_SERVER = re.compile(rb"\A(?:--[^\n]*\n|\s)*-- PostgreSQL database cluster dump\r?$", re.M)
# What people mistake for a dump, by how it begins (white space before it left out).
_OTHERS = (
    ((b"-- MySQL dump", b"-- MariaDB dump", b"/*M!", b"/*!"), "a dump of MySQL", ""),
    ((b"<!doctype", b"<html", b"<?xml", b"<Error"), "a page or a message of a web server", "Fetch the dump again, and look at the address."),
    ((b"{", b"["), "JSON", "It may be the error message of the place it was fetched from."),
    ((b"SQLite format 3\x00",), "a database of SQLite", ""),
    ((b"PK\x03\x04", b"7z\xbc\xaf"), "a zip archive", "Unpack it, and name what was in it."),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF"), "an image, a document or a program", ""),
    ((b"\xff\xfe", b"\xfe\xff"), "a text in UTF-16, as PowerShell's `>` writes it", "Dump again with `pg_dump --file=NAME`."),
    ((b"age-encryption.org", b"-----BEGIN PGP", b"\x85\x02", b"Salted__"), "encrypted in a way that Fireline can not read", "Decrypt it first."),
    ((b"\x02\x21\x4c\x18",), "compressed with lz4 of long ago", "Unpack it first."),
)  # fmt: skip


@dataclass(frozen=True)
class Archive:
    """A dump, as far as its first bytes tell."""

    path: Path
    kind: Kind
    layers: tuple[str, ...]  # what it is wrapped in, the outermost first: age, gzip, zstd, lz4, bzip2, xz
    bytes: int  # on disk
    compression: str  # of the wrapping, else of the format itself; "none"
    server_version: str | None = None  # of the database it was taken from
    tool_version: str | None = None  # of the pg_dump that made it
    database: str | None = None  # its name, where the format keeps it
    entries: int | None = None  # in its table of contents
    by_hand: bool = False  # a script that pg_dump did not make
    identity: Secret | None = None  # what it is decrypted with

    @property
    def encrypted(self) -> bool:
        """Whether age protects it."""
        return AGE in self.layers

    @property
    def wrapped(self) -> bool:
        """Whether pg_restore can not read the file as it is."""
        return bool(self.layers)

    @property
    def server_major(self) -> int | None:
        """The major version of the server it was taken from."""
        return _major(self.server_version)

    @property
    def tool_major(self) -> int | None:
        """The major version of the pg_dump that made it."""
        return _major(self.tool_version)


def look(path: Path, *, identity: Secret | None = None) -> Archive:
    """What this is. Raises Refused, in one line, for what is no dump, can not be read, or is encrypted to somebody else."""
    with named(path):
        size = _size(path)
        if path.is_dir():
            with opened(path / TOC, (), None) as reader:
                return _of_header(path, "directory", (), size, reader.read(HEAD))
        layers, head = _unwrap(path, identity)
        made = _inside(path, layers, size, head)
        return replace(made, identity=identity if AGE in layers else None)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Have every refusal begin with the name of what is refused."""
    try:
        yield
    except Refused as refused:
        if type(refused) is not Refused or refused.message.startswith(path.name):
            raise
        raise Refused(f"{path.name}: {refused.message}", hint=refused.hint) from None
    except PermissionError:
        raise Refused(f"{path.name} can not be read: permission denied",
                      hint=f"Let the account that Fireline runs as read {path}.") from None  # fmt: skip
    except OSError as fault:
        raise Refused(f"{path.name} can not be read: {fault.strerror or fault}") from None


def _size(path: Path) -> int:
    try:
        about = path.stat()
    except FileNotFoundError:
        raise Refused(f"{path.name} does not exist", hint=f"Nothing is at {path}.") from None
    if stat.S_ISDIR(about.st_mode):
        if not (path / TOC).is_file():
            raise Refused("it is a folder without toc.dat, so no dump of pg_dump's directory format",
                          hint="If the dump is a file in it, name that.")  # fmt: skip
        return sum(one.stat().st_size for one in path.iterdir() if one.is_file())
    if not stat.S_ISREG(about.st_mode):
        raise Refused("it is neither a file nor a folder")
    if not about.st_size:
        raise Refused("it is empty: 0 bytes", hint="The dump that should be here was never written.")
    return about.st_size


def _unwrap(path: Path, identity: Secret | None) -> tuple[tuple[str, ...], bytes]:
    """What it is wrapped in, and the first bytes inside."""
    layers: tuple[str, ...] = ()
    while True:
        with opened(path, layers, identity) as reader:
            head = b""
            while len(head) < HEAD and (piece := reader.read(HEAD - len(head))):
                head += piece
        layer = layer_of(head)
        if layer is None:
            return layers, head
        layers += (layer,)
        if len(layers) > _DEEPEST:
            raise Refused("it is wrapped too many times", hint="Unpack it first.")


def _inside(path: Path, layers: tuple[str, ...], size: int, head: bytes) -> Archive:
    """Judge by the first bytes inside of the wrappings."""
    if not head:
        raise Refused(f"nothing is in it: {size} bytes that unpack to none",
                      hint="`pg_dump | gzip` leaves such a file when it could not connect.")  # fmt: skip
    if head.startswith(header.MAGIC):
        return _of_header(path, "custom", layers, size, head)
    if head[_TAR] == b"ustar":
        if not head.startswith(TOC.encode() + b"\0"):
            raise Refused("it is a tar archive, but not one of pg_dump's: toc.dat is not the first in it",
                          hint="If it holds a dump, unpack it and name that.")  # fmt: skip
        return _of_header(path, "tar", layers, size, head[_BLOCK:])
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for begins, what, hint in _OTHERS:
        if text.lower().startswith(tuple(one.lower() for one in begins)):
            raise Refused(f"it is no dump of PostgreSQL but {what}", hint=hint or None)
    if _WHOLE_SERVER.match(text):
        raise Refused("it is a dump of a whole server by pg_dumpall", hint="Dump the one database with pg_dump.")
    if b"\0" in head:
        raise Refused("it is no dump of PostgreSQL: these are bytes of something else")
    server, tool = _SERVER.search(head), _TOOL.search(head)
    return Archive(
        path, "sql", layers, size, _compression(layers, "none"),
        server_version=server[1].decode(errors="replace") if server else None,
        tool_version=tool[1].decode(errors="replace") if tool else None,
        by_hand=not _MADE.search(head),
    )  # fmt: skip


def _of_header(path: Path, kind: Kind, layers: tuple[str, ...], size: int, head: bytes) -> Archive:
    """An archive by the header that all of pg_restore's formats share."""
    seen = header.read(head)
    if seen.kind != ("tar" if kind == "directory" else kind):  # a folder's is written as a tar archive's
        raise Refused("it is only the table of contents of a dump", hint="Name the folder that it lies in.")
    return Archive(
        path, kind, layers, size, _compression(layers, seen.compression), server_version=seen.server_version,
        tool_version=seen.tool_version, database=seen.database, entries=seen.entries,
    )  # fmt: skip


def _compression(layers: tuple[str, ...], own: str) -> str:
    return next((one for one in reversed(layers) if one != AGE), own)


def _major(version: str | None) -> int | None:
    found = re.match(r"\d+", version or "")
    return int(found[0]) if found else None
