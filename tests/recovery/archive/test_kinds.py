from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from fireline.errors import Refused
from fireline.recovery.archive import look
from tests.recovery.archive.conftest import Dumps
from tests.recovery.dumps import IDENTITY

EXPECTED = {
    "sql": ("sql", (), "none"),
    "sql.gz": ("sql", ("gzip",), "gzip"),
    "sql.zst.age": ("sql", ("age", "zstd"), "zstd"),
    "sql.armored.age": ("sql", ("age",), "none"),
    "dump": ("custom", (), "gzip"),
    "raw.dump": ("custom", (), "none"),
    "dump.lz4": ("custom", ("lz4",), "lz4"),
    "tar.xz": ("tar", ("xz",), "xz"),
    "directory": ("directory", (), "gzip"),
}


@pytest.mark.parametrize("form", EXPECTED)
def test_the_content_says_what_it_is_whatever_it_is_called(form: str, dumped: Dumps, tmp_path: Path) -> None:
    path = tmp_path / "holiday.png"
    path.symlink_to(dumped(18)[form])
    found = look(path, identity=IDENTITY)
    assert (found.kind, found.layers, found.compression) == EXPECTED[form]
    assert found.encrypted == ("age" in form)
    assert found.bytes > 100
    assert (found.database is None) == (found.kind == "sql")
    assert not found.by_hand


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty: 0 bytes"),
        (gzip.compress(b"", mtime=0), "nothing is in it: .* bytes that unpack to none"),
        (b"<!DOCTYPE html><html>404", "a page or a message of a web server"),
        (b'\n{"error": "NoSuchKey"}', "JSON"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"-- MySQL dump 10.13\n", "a dump of MySQL"),
        (b"/*!40101 SET NAMES utf8 */;\n", "a dump of MySQL"),
        (b"--\n-- PostgreSQL database cluster dump\n--\n", "a whole server by pg_dumpall"),
        (b"SQLite format 3\x00", "a database of SQLite"),
        ("-- PostgreSQL database dump".encode("utf-16"), "a text in UTF-16"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x00\x01\x02\x03", "bytes of something else"),
        (b"PGDMP\x01\x10", "it is cut: even its header is not whole"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_dump_is_called_by_its_name(content: bytes, why: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "backup.sql"
    path.write_bytes(gzip.compress(content) if packed and content else content)
    with pytest.raises(Refused, match=why) as refused:
        look(path)
    assert refused.value.message.startswith("backup.sql: ")


def test_what_is_not_there_or_no_file_is_told(tmp_path: Path, dumped: Dumps) -> None:
    with pytest.raises(Refused, match="gone does not exist"):
        look(tmp_path / "gone")
    with pytest.raises(Refused, match=r"a folder without toc\.dat"):
        look(tmp_path)
    with pytest.raises(Refused, match="neither a file nor a folder"):
        look(Path("/dev/null"))
    with pytest.raises(Refused, match="only the table of contents"):
        look(dumped(18)["directory"] / "toc.dat")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "secret.sql"
    path.write_text("x")
    path.chmod(0)
    os.seteuid(65534)
    try:
        with pytest.raises(Refused, match="can not be read: permission denied"):
            look(path)
    finally:
        os.seteuid(0)


def test_a_folder_packed_by_tar_is_told_apart(dumped: Dumps, tmp_path: Path) -> None:
    path = tmp_path / "folder.tar"
    with tarfile.open(path, "w") as packed:
        packed.add(dumped(18)["directory"], "dump")
    with pytest.raises(Refused, match="a tar archive, but not one of pg_dump's"):
        look(path)


def test_wrapped_again_and_again_it_is_refused(tmp_path: Path) -> None:
    data = b"x"
    for _ in range(5):
        data = gzip.compress(data)
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(Refused, match="too many times"):
        look(tmp_path / "x")


def test_a_byte_order_mark_changes_nothing(dumped: Dumps, tmp_path: Path) -> None:
    path = tmp_path / "bom.sql"
    shutil.copy(dumped(18)["sql"], path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert not look(path).by_hand
