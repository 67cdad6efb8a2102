"""The end of a log, never the whole of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from fireline.postgres.connect import Target, connect
from fireline.postgres.log_tail import MOST, of_file, of_server, shape

NOW = datetime.now(UTC)
LARGE = 200 * 2**20


def line(seconds: float, message: str, severity: str = "LOG") -> str:
    return f"{NOW - timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}.000 UTC [7] {severity}:  {message}\n"


def test_only_what_was_said_since_the_moment(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(line(5000, "old") + line(60, "new", "ERROR"))
    tail = of_file(file, NOW - timedelta(minutes=15))
    assert [one.message for one in tail.said] == ["new"]
    assert tail.whole


def test_a_file_that_nobody_has_written_to_since_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(line(5000, "old"))
    assert of_file(file, NOW + timedelta(hours=1)).said == ()


def test_200_mb_are_read_from_their_end_in_no_time(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with file.open("wb") as out:  # a hole, which reads as zeros, and then an ordinary end
        out.truncate(LARGE)
        out.seek(LARGE)
        out.write(
            b"\n" + "".join(line(4000 - number / 10, f"duration: {number} ms") for number in range(40_000)).encode()
        )
        out.write(line(3, "out of memory", "ERROR").encode())
    began = time.process_time()
    tail = of_file(file, NOW - timedelta(minutes=15))
    assert time.process_time() - began < 0.5  # half of it where nothing else runs
    assert tail.said[-1].message == "out of memory"
    assert 8_000 < len(tail.said) < 10_000


def test_a_flood_is_read_so_far_and_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("".join(line(10, f"statement: {'x' * 200}") for _ in range(MOST // 200)))
    tail = of_file(file, NOW - timedelta(minutes=15))
    assert not tail.whole
    assert len(tail.said) > 5_000


def test_through_the_server_for_who_may(patient: Target, tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(line(5000, "old") + line(60, "new", "ERROR"))
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with connect(patient) as conn:
        tail = of_server(conn, str(file), NOW - timedelta(minutes=15))
        assert tail is not None
        assert [one.message for one in tail.said] == ["new"]
        conn.rollback()
        with pytest.raises(psycopg.Error):
            of_server(conn, str(tmp_path / "missing"), NOW)


def test_a_shape_is_the_message_without_names_and_numbers() -> None:
    assert (
        shape('relation "a b" does not exist') == shape('relation "c" does not exist') == 'relation "…" does not exist'
    )
    assert shape("server process (PID 17) was terminated by signal 9") == shape(
        "server process (PID 4711) was terminated by signal 9"
    )
