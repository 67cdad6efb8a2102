"""The demo as a newcomer starts it: real processes, played to its end, interrupted, and two at once."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fireline.demo.home import PREFIX

COMMAND = [sys.executable, "-m", "fireline", "demo"]


class Terminal:
    """A demo at a terminal, with a person who types."""

    def __init__(self, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *words], stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
            start_new_session=True, env=os.environ | {"COLUMNS": "120", "TERM": "xterm"},
        )  # fmt: skip
        os.close(theirs)
        os.set_blocking(self._ours, False)
        self.seen = ""

    def until(self, words: str, seconds: float = 120) -> re.Match[str]:
        """Read until these words stand on the screen."""
        end = time.monotonic() + seconds
        while True:
            self._read()
            found = re.search(words, self.seen)
            if found:
                return found
            assert time.monotonic() < end, self.seen
            assert self.process.poll() is None, self.seen
            time.sleep(0.05)

    def _read(self) -> None:
        try:
            part = os.read(self._ours, 65536).decode(errors="replace")
        except (BlockingIOError, OSError):
            return
        self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends it to all of the group in front."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ends(self, seconds: float = 60) -> int:
        """Its exit code; what it still says is read, so that it does not wait for us."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            self._read()
            assert time.monotonic() < end, self.seen
            time.sleep(0.05)
        self._read()
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)


@dataclass(frozen=True)
class Played:
    """What two demos that ran at the same time have left: one told as JSON, one at a terminal."""

    report: dict[str, Any]
    stderr: str
    screen: str
    pids: tuple[int, int]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Played once, however many workers run the tests."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    shared = tmp_path_factory.getbasetemp().parent if worker else tmp_path_factory.mktemp("demos")
    kept = shared / "demos.json"
    with (shared / "demos.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(_play()))
    told = json.loads(kept.read_text())
    return Played(json.loads(told["out"]), told["err"], told["screen"], tuple(told["pids"]))


def _play() -> dict[str, Any]:
    """One demo that approves by itself, and one with a person who reads, says yes, looks around and leaves."""
    alone = subprocess.Popen(
        [*COMMAND, "--json", "--yes", "--no-stay"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    there = Terminal()
    try:
        there.until(r"Approve exactly this, once\? \[y/n\]")
        there.type("y\n")
        there.until(r"The page stays open: http://127\.0\.0\.1:\d+/incidents/1")
        there.interrupt()
        assert there.ends() == 0, there.seen
        out, err = alone.communicate(timeout=240)
        assert alone.returncode == 0, out + err
    finally:
        there.close()
        alone.kill()
        alone.communicate()  # closes its pipes
    return {"out": out, "err": err, "screen": there.seen, "pids": [alone.pid, there.process.pid]}


@pytest.fixture
def demo(both: Played) -> dict[str, Any]:
    return both.report


def folders(pid: int) -> list[Path]:
    """What a demo with this number has left."""
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}{pid}-*"))


def lines_of_processes() -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has just ended
    return found


def nothing_is_left(pid: int) -> None:
    assert folders(pid) == []
    assert [line for line in lines_of_processes() if f"{PREFIX}{pid}-" in line] == []


def test_the_whole_story_comes_true(demo: dict[str, Any]) -> None:
    assert demo["unmet"] == []
    assert demo["incident"] == {"id": "INC-1", "status": "resolved", "severity": "P1"}
    assert demo["alert_id"] >= 1


def test_queries_hung_before_and_answer_after(demo: dict[str, Any]) -> None:
    assert demo["hung_before"] is True
    assert 0 < demo["answered_after"] < 20
    assert demo["traffic"]["before"]["failed"] == 0
    assert demo["traffic"]["during"]["failed"] > 0
    assert demo["traffic"]["after"]["answered"] > 0
    assert demo["traffic"]["after"]["failed"] == 0


def test_the_idle_session_is_the_cause_and_is_gone(demo: dict[str, Any]) -> None:
    assert demo["cause"] == "ddl_queue_behind_idle_tx"
    assert demo["gone"] is True
    assert demo["migrated"] is True
    assert demo["probe"] == "green"
    assert f"terminate-session {demo['terminated_pid']} " in demo["steps"][3]["command"]


def test_the_steps_that_can_not_work_say_why(demo: dict[str, Any]) -> None:
    assert demo["procedure"] == "Database Performance Issues"
    assert [step["state"] for step in demo["steps"]] == ["failed", "failed", "failed", "succeeded"]
    assert "mean_time" in demo["steps"][2]["error"]


def test_somebody_was_told_and_the_post_mortem_is_drafted(demo: dict[str, Any]) -> None:
    assert demo["told_after"] > 0
    assert "# Post-mortem of INC-1" in demo["postmortem"]
    assert {"opened", "told", "finding", "matched", "acknowledged", "approved", "resolved"} <= {
        one["kind"] for one in demo["timeline"]
    }


def test_by_daylight_the_runbook_is_mended_and_its_improved_copy_is_clean(demo: dict[str, Any]) -> None:
    assert demo["lint"]["errors"] > 10
    assert demo["lint"]["mended"] > 10
    assert demo["lint"]["left"] == []


def test_its_json_is_all_it_says(both: Played) -> None:
    assert both.stderr == ""
    assert both.report["seconds"] > 0


def test_a_person_at_the_terminal_reads_the_plan_and_says_yes(both: Played) -> None:
    asked = both.screen.index("Approve exactly this, once?")
    for words in ("does", "may lose", "undo", "level"):
        assert words in both.screen[both.screen.index("instead of") : asked]
    assert "your yes" in both.screen[asked:]
    assert "From the first row to the mended runbook" in both.screen
    assert "Not everything came true" not in both.screen


def test_two_demos_at_once_do_not_meet(both: Played) -> None:
    assert both.report["url"] not in both.screen
    assert f"session {both.report['terminated_pid']} " not in both.screen


def test_nothing_is_left_of_them(both: Played) -> None:
    for pid in both.pids:
        nothing_is_left(pid)


def test_without_anybody_to_approve_it_does_not_begin() -> None:
    done = subprocess.run(
        [*COMMAND, "--no-stay"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "--yes" in done.stderr


@pytest.fixture
def terminal() -> Iterator[type[Terminal]]:
    made: list[Terminal] = []

    class Kept(Terminal):
        def __init__(self, *words: str) -> None:
            super().__init__(*words)
            made.append(self)

    yield Kept
    for one in made:
        one.close()


def test_ctrl_c_in_the_middle_stops_and_removes_everything(terminal: type[Terminal]) -> None:
    there = terminal("--yes", "--no-stay")
    there.until("starting Fireline beside it")
    time.sleep(2)  # whatever it is doing then
    there.interrupt()
    assert there.ends() == 130
    nothing_is_left(there.process.pid)


def test_who_says_no_sees_that_nothing_was_changed(terminal: type[Terminal]) -> None:
    there = terminal("--no-stay")
    there.until(r"\[y/n\]")
    there.type("n\n")
    assert there.ends() == 1
    assert "you said no, so nothing was changed" in there.seen
    nothing_is_left(there.process.pid)


def test_a_killed_demo_takes_fireline_with_it_and_the_next_one_sweeps_the_rest(terminal: type[Terminal]) -> None:
    there = terminal("--yes", "--no-stay")
    there.until("starting Fireline beside it")
    time.sleep(4)
    pid = there.process.pid
    (folder,) = folders(pid)
    os.kill(pid, signal.SIGKILL)
    there.process.wait()
    end = time.monotonic() + 40
    while any(
        f"fireline {word}" in line and str(folder) in line
        for line in lines_of_processes()
        for word in ("up", "server", "worker")
    ):
        assert time.monotonic() < end
        time.sleep(0.1)
    subprocess.run([sys.executable, "-c", "from fireline.demo.home import sweep; sweep()"], check=True)
    nothing_is_left(pid)
