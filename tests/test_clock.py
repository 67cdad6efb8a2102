"""The one clock: aware, in UTC, and movable in this process and in others."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fireline import clock

HOUR = timedelta(hours=1)
SOON = timedelta(seconds=30)


def test_it_tells_the_present_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < SOON


def test_it_is_moved_for_as_long_as_the_block_lasts_also_when_that_fails() -> None:
    before = clock.now()
    with clock.moved(HOUR), clock.moved(HOUR):
        assert 2 * HOUR <= clock.now() - before < 2 * HOUR + SOON
    with pytest.raises(ZeroDivisionError), clock.moved(HOUR):
        raise ZeroDivisionError
    assert clock.now() - before < SOON


def test_the_file_moves_the_clock_of_another_process(clock_file: Path) -> None:
    clock_file.write_text("-86400.5\n")
    code = "from fireline import clock; print(clock.now().isoformat())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert abs(datetime.fromisoformat(told) - (datetime.now(UTC) - timedelta(seconds=86400.5))) < SOON


@pytest.mark.parametrize("content", ["", "rubbish", "nan"])
def test_a_file_that_makes_no_sense_moves_nothing(clock_file: Path, content: str) -> None:
    clock_file.write_text(content)
    assert abs(clock.now() - datetime.now(UTC)) < SOON
    clock_file.unlink()
    assert abs(clock.now() - datetime.now(UTC)) < SOON
