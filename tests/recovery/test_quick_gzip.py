"""What either engine writes is gzip, and what is damaged or cut is not taken for whole."""

from __future__ import annotations

import gzip
import platform
import zlib

import pytest

from fireline.recovery import quick_gzip

DATA = b"".join(b"%d\trow\n" % number for number in range(50_000))


@pytest.fixture(params=["quick", "zlib"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    if name == "zlib":
        monkeypatch.setattr(quick_gzip, "_engine", zlib)
    return name


def packed() -> bytes:
    made = quick_gzip.packer()
    return bytes(made.compress(DATA[:99]) + made.compress(DATA[99:]) + made.flush())


def test_everybody_reads_what_it_writes_and_it_reads_what_others_write(engine: str) -> None:
    assert gzip.decompress(packed()) == DATA
    for whole in (packed(), gzip.compress(DATA, 9)):
        member = quick_gzip.unpacker()
        assert member.decompress(whole + b"more") == DATA
        assert (member.eof, member.unused_data) == (True, b"more")


def test_what_is_cut_has_no_end_and_a_wrong_checksum_is_a_fault(engine: str) -> None:
    whole = packed()
    for less in (1, 8, 9, 100, len(whole) - 1):
        member = quick_gzip.unpacker()
        assert DATA.startswith(member.decompress(whole[:-less]))
        assert not member.eof
    for at in (0, len(whole) - 8):
        with pytest.raises(quick_gzip.FAULTS):
            quick_gzip.unpacker().decompress(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def test_the_quick_one_is_there_where_these_tests_run() -> None:
    assert quick_gzip.QUICK or platform.machine() not in ("x86_64", "aarch64", "arm64", "AMD64")
