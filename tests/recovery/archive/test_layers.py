from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import Refused
from fireline.recovery.archive import layers
from tests.recovery.dumps import IDENTITY, PACKED

CONTENT = bytes(range(256)) * 40
PLAIN = {name: pack for name, pack in PACKED.items() if "age" not in name}


WHOLE = {name: pack(CONTENT) for name, pack in PLAIN.items()}


def unpacked(data: bytes) -> bytes:
    name = layers.layer_of(data)
    how = next(one for one in layers.COMPRESSIONS if one.name == name)
    reader = layers.Unpacked(io.BytesIO(data), how)
    return b"".join(iter(lambda: reader.read(1000), b""))


@pytest.mark.parametrize("ending", PLAIN)
def test_several_members_are_one_stream(ending: str) -> None:
    assert unpacked(PLAIN[ending](CONTENT) + PLAIN[ending](b"more")) == CONTENT + b"more"


@pytest.mark.parametrize("ending", PLAIN)
def test_a_second_member_that_is_cut_is_not_overlooked(ending: str) -> None:
    second = PLAIN[ending](b"more")
    for left in (1, 3, len(second) - 1):
        with pytest.raises(Refused):
            unpacked(PLAIN[ending](CONTENT) + second[:left])


@given(st.sampled_from(sorted(PLAIN)), st.data())
def test_cut_at_any_byte_it_is_refused(ending: str, data: st.DataObject) -> None:
    whole = WHOLE[ending]
    at = data.draw(st.integers(8, len(whole) - 1))
    with pytest.raises(Refused, match="is cut"):
        unpacked(whole[:at])


def test_frames_with_notes_are_passed_over() -> None:
    note = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    assert unpacked(note + zstandard.ZstdCompressor().compress(CONTENT) + note) == CONTENT


def test_altered_data_is_refused() -> None:
    altered = bytearray(gzip.compress(CONTENT))
    altered[-6] ^= 1
    with pytest.raises(Refused, match="the gzip data is damaged"):
        unpacked(bytes(altered))


def test_wrappings_come_off_from_outside_to_inside_and_are_counted(tmp_path: Path) -> None:
    path, read = tmp_path / "x", list[int]()
    path.write_bytes(PACKED["gz.age"](CONTENT))
    with layers.opened(path, ("age", "gzip"), IDENTITY, read.append) as reader:
        assert b"".join(iter(lambda: reader.read(1 << 20), b"")) == CONTENT
    assert sum(read) == path.stat().st_size
