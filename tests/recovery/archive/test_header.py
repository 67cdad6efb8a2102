from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import Refused
from fireline.recovery.archive import header
from tests.recovery.archive.conftest import Dumps


@pytest.mark.parametrize("major", [18, pytest.param(15, marks=pytest.mark.debian15)])
def test_an_archive_says_who_made_it_from_what(major: int, dumped: Dumps) -> None:
    seen = header.read(dumped(major)["dump"].read_bytes()[:5000])
    assert (seen.kind, seen.compression) == ("custom", "gzip")
    assert str(seen.server_version).startswith(f"{major}.")
    assert str(seen.tool_version).startswith(f"{major}.")
    assert str(seen.database).startswith("t")
    assert seen.entries > 20
    assert header.read(dumped(major)["raw.dump"].read_bytes()[:5000]).compression == "none"


@given(st.binary(max_size=100), st.integers(0, 80))
def test_a_header_that_makes_no_sense_is_refused(noise: bytes, at: int) -> None:
    head = b"PGDMP\x01\x10\x00\x04\x08\x01\x01"
    for spoiled in (head[:at], head[:at] + noise, head + noise):
        try:
            assert header.read(spoiled).kind
        except Refused as refused:
            assert refused.message  # noqa: PT017 - noise may also make sense
