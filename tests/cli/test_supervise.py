import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fireline.cli import supervise
from fireline.cli.supervise import Child, Household, Interrupts
from fireline.errors import FirelineError


class Program(Child):
    """A child that runs a few lines of Python instead of a fireline command."""

    def start(self) -> None:
        real, sys.executable = sys.executable, str(self.arguments[0])
        try:
            super().start()
        finally:
            sys.executable = real


def program(folder: Path, name: str, lines: str) -> Program:
    """An executable that is called as python is."""
    file = folder / name
    file.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{lines}\n")
    file.chmod(0o755)
    return Program(name, [str(file)])


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Put back what Interrupts takes."""
    before = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    }
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_child_that_dies_is_started_again_and_stop_ends_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    mortal = program(tmp_path, "mortal", f"open({str(log)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)")
    interrupts = Interrupts()
    household = Household([mortal], lambda: None, interrupts)

    def look() -> None:
        born = log.read_text().splitlines()
        if len(born) == 1 and mortal.alive():
            os.kill(int(born[0]), signal.SIGKILL)
        elif len(born) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    household.look_after = look
    household.live(log.exists)
    household.stop()
    assert len(log.read_text().splitlines()) == 2
    assert not mortal.alive()
    assert "the mortal ended with code -9; it is started again in 0.5 s" in capsys.readouterr().err


def test_a_child_that_dies_before_it_was_ready_is_a_failed_start(tmp_path: Path) -> None:
    household = Household([program(tmp_path, "stillborn", "sys.exit(2)")], lambda: None, Interrupts())
    with pytest.raises(FirelineError, match="the stillborn did not start"):
        household.live(lambda: False)
    household.stop()


def test_a_child_that_does_not_obey_is_killed_at_once_when_stop_is_asked_for_twice(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    deaf = program(
        tmp_path, "deaf", f"signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(ready)!r}, 'w'); time.sleep(60)"
    )
    interrupts = Interrupts()
    household = Household([deaf], lambda: os.kill(os.getpid(), signal.SIGINT), interrupts)
    household.live(ready.exists)
    os.kill(os.getpid(), signal.SIGINT)
    begun = time.monotonic()
    household.stop()
    assert time.monotonic() - begun < supervise.PATIENCE / 2
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


def test_pauses_grow_but_never_over_the_longest(tmp_path: Path) -> None:
    child = program(tmp_path, "weak", "sys.exit(1)")
    child.deaths = 20
    child.start()
    assert child.process is not None
    child.process.wait()
    child.keep()
    assert child.next_start - time.monotonic() <= supervise.LONGEST_PAUSE
    assert child.process is None
