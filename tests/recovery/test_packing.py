"""Files of a dump are packed while they grow: nothing is lost, nothing is taken for whole, and any pg_restore reads them."""

from __future__ import annotations

import errno
import gzip
import hashlib
import subprocess
import threading
import time
from pathlib import Path

import pytest

from fireline.errors import Refused
from fireline.postgres import client_tools
from fireline.postgres.cancel import StatementFailed
from fireline.postgres.client_tools import ClientTools
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import archive, packing, quick_gzip
from fireline.recovery.archive import header
from fireline.recovery.archive.files import check_files
from tests.recovery import dumps
from tests.servers import PATIENTS

OLD = b"PGDMP\x01\x0e\x00\x04\x08\x03" + bytes(60)  # pg_dump 15, no compression
END = b"\\.\n\n\n"


def begun(raw: Path) -> None:
    raw.mkdir()
    (raw / "toc.dat").write_bytes(OLD)


def test_a_file_that_grows_is_packed_as_it_comes_and_gone_at_its_end(tmp_path: Path) -> None:
    raw, packed = tmp_path / "raw", tmp_path / "data"
    rows = [b"%d\trow\\\\.\n" % number for number in range(100_000)]
    with packing.packing(raw, packed, 2, Watch()) as work:
        time.sleep(0.03)  # pg_dump makes the folder itself, and not at once
        begun(raw)
        with (raw / "17.dat").open("wb", buffering=0) as out:
            for start in range(0, len(rows), 10_000):
                out.write(b"".join(rows[start : start + 10_000]))
                time.sleep(0.005)
            assert (raw / "17.dat").is_file()
            out.write(END)
        (raw / "18.dat").write_bytes(END)
        (raw / "blob_5.dat").write_bytes(b"\\.\n\n\n, and more")
        until = time.monotonic() + 10
        while {path.name for path in raw.iterdir()} != {"toc.dat", "blob_5.dat"} and time.monotonic() < until:
            time.sleep(0.005)
        assert {path.name for path in raw.iterdir()} == {
            "toc.dat",
            "blob_5.dat",
        }  # the others before the dump has ended
    assert not raw.exists()
    assert gzip.decompress((packed / "17.dat.gz").read_bytes()) == b"".join(rows) + END
    assert gzip.decompress((packed / "18.dat.gz").read_bytes()) == END
    assert gzip.decompress((packed / "blob_5.dat.gz").read_bytes()) == b"\\.\n\n\n, and more"
    assert work.files.keys() == {"17.dat.gz", "18.dat.gz", "blob_5.dat.gz"}
    for name, file in work.files.items():
        content = (packed / name).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_what_looks_like_an_end_in_a_piece_is_none_while_more_comes(tmp_path: Path) -> None:
    raw, packed = tmp_path / "raw", tmp_path / "data"
    parts = [b"1\n\\", b".\n", b"\n\n"]  # as it is written, a piece at a time
    with packing.packing(raw, packed, 1, Watch()):
        begun(raw)
        with (raw / "17.dat").open("wb", buffering=0) as out:
            for part in parts:
                out.write(part)
                time.sleep(0.03)
    assert gzip.decompress((packed / "17.dat.gz").read_bytes()) == b"".join(parts)


def test_more_large_objects_than_anybody_would_follow_are_packed_at_the_end(tmp_path: Path) -> None:
    raw, packed = tmp_path / "raw", tmp_path / "data"
    with packing.packing(raw, packed, 2, Watch()) as work:
        begun(raw)
        for number in range(500):
            (raw / f"blob_{number}.dat").write_bytes(b"%d" % number)
    assert len(work.files) == 500
    assert gzip.decompress((packed / "blob_77.dat.gz").read_bytes()) == b"77"


def test_a_disk_that_fills_up_ends_the_dump_and_is_what_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def compress(self, _: bytes) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(quick_gzip, "packer", Full)
    raw = tmp_path / "raw"

    def dump_into_it() -> None:
        until = time.monotonic() + 10
        with packing.packing(raw, tmp_path / "data", 2, Watch()) as work:
            begun(raw)
            (raw / "17.dat").write_bytes(b"1\n")
            while work.broken() is None and time.monotonic() < until:
                time.sleep(0.005)
            raise Refused(str(work.broken()))  # as the program's runner does

    with pytest.raises(OSError, match="No space left"):
        dump_into_it()


def test_a_dump_that_fails_or_is_not_wanted_any_more_leaves_nobody_behind(tmp_path: Path) -> None:
    watch = Watch()

    def fails_with(fault: Exception | None, name: str) -> None:
        with packing.packing(tmp_path / f"{name}.raw", tmp_path / name, 3, watch):
            begun(tmp_path / f"{name}.raw")
            (tmp_path / f"{name}.raw" / "17.dat").write_bytes(b"half a row")
            if fault is not None:
                raise fault
            watch.cancel.cancel()

    with pytest.raises(Refused, match="no dump"):
        fails_with(Refused("no dump"), "a")
    with pytest.raises(StatementFailed):
        fails_with(None, "b")
    assert not [one.name for one in threading.enumerate() if one.name.startswith("packing")]


@pytest.mark.parametrize("fixture", PATIENTS)
def test_it_becomes_what_pg_dump_itself_would_have_compressed(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    target: Target = request.getfixturevalue(fixture)
    dumps.fill(target.dsn.reveal())
    tools = client_tools.find(int(fixture.removeprefix("patient") or 18))
    like = dumps.dump(tools, target.dsn.reveal(), tmp_path / "like", "--format=directory", "--jobs=2", "--compress=1")
    with packing.packing(tmp_path / "raw", tmp_path / "data", 2, Watch()):
        options = ["--format=directory", "--jobs=2", "--compress=0"]
        dumps.dump(tools, target.dsn.reveal(), tmp_path / "raw", *options)
    assert {path.name for path in (tmp_path / "data").iterdir()} == {path.name for path in like.iterdir()}
    assert archive.look(tmp_path / "data").compression == archive.look(like).compression == "gzip"
    check_files(tmp_path / "data", Watch())
    assert script(tools, tmp_path / "data") == script(tools, like)


def script(tools: ClientTools, folder: Path) -> list[str]:
    """What pg_restore makes of it, without the keys that are others each time."""
    argv = [tools.program("pg_restore"), "--file=-", str(folder)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return [line for line in said.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_a_table_of_contents_is_told_once_that_its_files_are_compressed(tmp_path: Path) -> None:
    for head, begins in ((OLD, b"\x00\x01\x00"), (b"PGDMP\x01\x10\x00\x04\x08\x03" + bytes(60), b"\x01\x00")):
        toc = tmp_path / "toc.dat"
        toc.write_bytes(head)
        header.set_gzip(toc)
        changed = toc.read_bytes()
        assert changed[11 : 11 + len(begins)] == begins
        assert changed[:11] + bytes(len(begins)) + changed[11 + len(begins) :] == head
        with pytest.raises(Refused, match="already"):
            header.set_gzip(toc)
        assert toc.read_bytes() == changed
