from __future__ import annotations

import io
import threading
import tracemalloc

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import Refused
from fireline.recovery import sealing
from fireline.redact import Secret

KEY = pyrage.x25519.Identity.generate()
IDENTITY, RECIPIENT = Secret(str(KEY)), str(KEY.to_public())
CONTENT = bytes(range(256)) * 1000


def sealed(content: bytes) -> bytes:
    out = io.BytesIO()
    sealing.seal(io.BytesIO(content), out, [RECIPIENT])
    return out.getvalue()


WHOLE = sealed(CONTENT)


def read_all(reader: sealing.Reader) -> bytes:
    return b"".join(iter(lambda: reader.read(10_000), b""))


def test_what_was_sealed_is_unsealed_by_one_of_its_recipients() -> None:
    other = pyrage.x25519.Identity.generate()
    out, back = io.BytesIO(), io.BytesIO()
    sealing.seal(io.BytesIO(CONTENT), out, [RECIPIENT, str(other.to_public())])
    sealing.unseal(io.BytesIO(out.getvalue()), back, Secret(f"# made today\n{other}\n"))
    assert back.getvalue() == CONTENT
    assert CONTENT[:1000] not in out.getvalue()


def push(out: io.BytesIO, *, failing: bool = False) -> None:
    with sealing.sealed(out, [RECIPIENT]) as write:
        for _ in range(100):
            write(CONTENT)
        if failing:
            raise ZeroDivisionError


def test_it_can_be_pushed_in_and_pulled_out() -> None:
    out = io.BytesIO()
    with sealing.sealed(out, [RECIPIENT]) as write:
        for start in range(0, len(CONTENT), 999):
            write(CONTENT[start : start + 999])
    with sealing.unsealed(io.BytesIO(out.getvalue()), IDENTITY) as reader:
        assert read_all(reader) == CONTENT


def test_a_stream_that_was_broken_off_is_not_whole() -> None:
    out = io.BytesIO()
    with pytest.raises(ZeroDivisionError):
        push(out, failing=True)
    with pytest.raises(Refused, match="cut or was altered"):
        sealing.unseal(io.BytesIO(out.getvalue()), io.BytesIO(), IDENTITY)


class Full(io.BytesIO):
    """A disk without room."""

    def write(self, data: object, /) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_told_as_such() -> None:
    with pytest.raises(OSError, match="No space left"):
        push(Full())
    with pytest.raises(OSError, match="No space left"):
        sealing.unseal(io.BytesIO(WHOLE), Full(), IDENTITY)


def test_the_wrong_key_and_what_is_no_key_are_told() -> None:
    with pytest.raises(Refused, match="encrypted to somebody else"):
        sealing.unseal(io.BytesIO(WHOLE), io.BytesIO(), Secret(str(pyrage.x25519.Identity.generate())))
    with pytest.raises(Refused, match="is no age identity") as refused:
        sealing.unseal(io.BytesIO(WHOLE), io.BytesIO(), Secret("AGE-SECRET-KEY-1NOTREALLY"))
    assert "NOTREALLY" not in str(refused.value)
    with pytest.raises(Refused, match="'age1nobody' is no age recipient"):
        sealing.seal(io.BytesIO(), io.BytesIO(), ["age1nobody"])
    with pytest.raises(Refused, match="nobody to encrypt to"):
        sealing.seal(io.BytesIO(), io.BytesIO(), [])


@given(st.integers(0, len(WHOLE) - 1))
def test_cut_at_any_byte_it_is_refused(at: int) -> None:
    with pytest.raises(Refused):
        sealing.unseal(io.BytesIO(WHOLE[:at]), io.BytesIO(), IDENTITY)
    with sealing.unsealed(io.BytesIO(WHOLE[:at]), IDENTITY) as reader, pytest.raises(Refused):
        read_all(reader)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_altered_anywhere_it_is_refused(at: int, by: int) -> None:
    altered = bytearray(WHOLE)
    altered[at] ^= by
    with pytest.raises(Refused):
        sealing.unseal(io.BytesIO(bytes(altered)), io.BytesIO(), IDENTITY)


def test_whoever_stops_reading_early_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with sealing.unsealed(io.BytesIO(sealed(CONTENT * 30)), IDENTITY) as reader:
        assert reader.read(10) == CONTENT[:10]
    assert threading.active_count() == before


class Endless:
    """Many bytes that nobody keeps."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        given = min(size, self.left, 100_000)
        self.left -= given
        return bytes(given)


class Nowhere(io.RawIOBase):
    """Whoever writes here keeps nothing."""

    def write(self, data: object, /) -> int:
        return len(data)  # type: ignore[arg-type]


def test_it_takes_no_more_memory_for_more_bytes() -> None:
    tracemalloc.start()
    sealing.seal(Endless(20_000_000), Nowhere(), [RECIPIENT])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3_000_000
