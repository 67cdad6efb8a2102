"""What pg_restore does not notice in the files of a dump: that one of them ends too early."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fireline.errors import Refused
from fireline.postgres.watch import Watch
from fireline.recovery.archive import layers

_ENDS = (b"\\.\n\n\n", b";\n\n\n")  # of rows for COPY, and of rows as statements
_TAIL = 8
_READERS = 4
_ROWS_OF = re.compile(rb"^(\d+); \d+ \d+ TABLE DATA ", re.M)  # in `pg_restore --list`
_PIECE = 1 << 17
_TAR_BLOCK = 512
_TAR_END = bytes(2 * _TAR_BLOCK)


def check_files(folder: Path, watch: Watch) -> None:
    """Read the files of a directory-format dump to their ends, several at once. Raises Refused naming the one that is cut."""
    files = sorted(_data_files(folder), key=lambda file: -file.stat().st_size)
    with ThreadPoolExecutor(_READERS) as pool:
        works = [pool.submit(_check_file, file, watch) for file in files]
        try:
            for number, (file, work) in enumerate(zip(files, works, strict=True)):
                watch.tell(f"reading {folder.name}", number, len(files), "files")
                try:
                    work.result()
                except Refused as refused:
                    raise Refused(f"{file.name} in it: {refused.message}", hint=refused.hint) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def check_listed(folder: Path, listed: bytes) -> None:
    """Whether the tables of a dump's contents, as pg_restore lists them, are the files that are there. Raises Refused."""
    wanted = {one.decode() for one in _ROWS_OF.findall(listed)}
    there = {file.name.partition(".")[0] for file in _data_files(folder)}
    for number in sorted(wanted ^ {name for name in there if name.isdigit()}):
        what = "is missing" if number in wanted else "is not in its table of contents"
        raise Refused(f"{number}.dat in it {what}", hint="Take another backup of it.")


def check_tar(path: Path) -> None:
    """Whether a tar archive has its end. Raises Refused."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - len(_TAR_END), 0))
        if size % _TAR_BLOCK or file.read() != _TAR_END:
            raise Refused("it is cut: the end of the tar archive is missing")


def _data_files(folder: Path) -> Iterator[Path]:
    """Files with rows or large objects."""
    for file in folder.iterdir():
        stem, _, ending = file.name.partition(".")
        if ending.split(".")[0] == "dat" and stem != "toc":
            yield file


def _check_file(file: Path, watch: Watch) -> None:
    """Whether its compressed data has an end, and its rows have theirs."""
    watch.cancel.check()
    with file.open("rb") as raw:
        head = raw.read(8)
    layer = layers.layer_of(head) if file.suffix != ".dat" else None
    rows = file.name.partition(".")[0].isdigit()
    if layer is None and file.suffix != ".dat":
        raise Refused("it is empty" if not head else "its data is damaged: it does not begin as it must")
    tail = _tail_of_plain(file) if layer is None else _tail_of_packed(file, layer, watch)
    if rows and not tail.endswith(_ENDS):
        raise Refused("it is cut: the end of its rows is missing")


def _tail_of_plain(file: Path) -> bytes:
    with file.open("rb") as raw:
        raw.seek(max(raw.seek(0, os.SEEK_END) - _TAIL, 0))
        return raw.read()


def _tail_of_packed(file: Path, layer: str, watch: Watch) -> bytes:
    tail = b""
    with layers.opened(file, (layer,), None) as reader:
        while piece := reader.read(_PIECE):
            tail = (tail + piece)[-_TAIL:]
            watch.cancel.check()
    return tail
