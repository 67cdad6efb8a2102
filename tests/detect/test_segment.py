from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect import segment
from fireline.detect.segment import Segment, lines_of, row_of
from fireline.detect.signals import Row

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def row(number: int, body: str = '{"a": "\\n line"}') -> Row:
    return Row("cron", AT + timedelta(seconds=number), bytes([number]), body, f"[{number}]")


def written(folder: Path, *rows: Row) -> Path:
    made = segment.make(folder / "1.journal")
    assert made is not None
    made.append(lines_of(rows), len(rows))
    made.close()
    return made.path


def found(path: Path) -> Segment:
    taken = segment.take(path)
    assert taken is not None
    taken.look_through()
    return taken


def test_what_was_written_is_read_in_its_order_and_only_we_may_read_it(tmp_path: Path) -> None:
    rows = [row(number) for number in range(5)]
    path = written(tmp_path, *rows)
    assert path.stat().st_mode & 0o777 == 0o600
    taken = found(path)
    assert taken.signals == 5
    assert taken.read(3)[0] == rows[:3]
    taken.done = taken.read(3)[1]
    assert taken.oldest() == rows[3]
    assert taken.read(9) == (rows[3:], path.stat().st_size)
    taken.close()


@pytest.mark.parametrize("cut", [1, 5, 20, 60])
def test_a_line_that_was_cut_short_is_cut_off_and_the_others_are_whole(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path, row(1), row(2), row(3))
    os.truncate(path, path.stat().st_size - cut)
    taken = found(path)
    assert [one.events for one in taken.read(9)[0]] == ["[1]", "[2]"]
    assert not taken.damaged
    taken.close()


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_byte_that_the_disk_altered_costs_one_line_at_most(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    rows = [row(number) for number in range(4)]
    path = written(tmp_path_factory.mktemp("segment"), *rows)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content)
    taken = found(path)
    kept = taken.read(9)[0]
    taken.close()
    assert len(kept) >= 3
    assert all(one in rows for one in kept)
    assert taken.damaged == (len(kept) == 3 and kept != rows[:3])


@given(st.binary(max_size=300))
def test_anything_at_all_can_be_looked_through(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("segment") / "1.journal"
    path.write_bytes(content)
    taken = found(path)
    assert (taken.signals, taken.size) == (0, 0)
    taken.close()


def test_who_lives_keeps_its_file_and_a_file_that_was_emptied_meanwhile_is_not_taken(tmp_path: Path) -> None:
    made = segment.make(tmp_path / "1.journal")
    assert made is not None
    assert segment.take(made.path) is None
    made.close()
    assert segment.take(tmp_path / "2.journal") is None


def test_any_text_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = row(1, '{"text": "\u2028 \\u0000 \\ud800 ü 🔥", "number": 1e400}')
    taken = found(written(tmp_path, odd))
    assert taken.read(1)[0] == [odd]
    taken.close()
    assert row_of(b'{"uid": "%b", "source": "s", "received_at": "2026-11-23T03:00:00+00:00", "digest": "ff", "body": "1", "events": "[]", "newer": 1}' % odd.uid.hex.encode()).uid == odd.uid  # fmt: skip
