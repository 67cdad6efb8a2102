"""Run a bash step: a process group of its own, a bare environment, a time limit, the first and last megabyte of output."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fireline import redact
from fireline.errors import Refused

KEEP = 1_000_000  # bytes kept of the beginning, and of the end
MARGIN = 8_192  # read past the cut before it is redacted, so that a secret cut in two is still known
GRACE_SECONDS = 5.0  # between the polite and the impolite signal
LEFTOVER_SECONDS = 3.0  # for looking after what left the group
MARK = "FIRELINE_ATTEMPT"  # in the environment, so that whatever a step leaves behind can be found and ended


@dataclass(frozen=True)
class Ended:
    """How a command ended. exit: its status, or None when it was ended; ended: "timed_out", "cancelled" or None."""

    exit: int | None
    ended: str | None
    output: str
    size: int
    ms: int


class Running:
    """A command that may be stopped from another thread."""

    def __init__(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        """End it at the next look, within a fraction of a second."""
        self.stopped = True


def run(
    command: str,
    *,
    folder: Path,
    path: str,
    environment: dict[str, str],
    timeout_seconds: float,
    mark: str,
    running: Running,
    may_start: Callable[[], bool] = lambda: True,
) -> Ended:
    """Run `bash --noprofile --norc -eo pipefail -c command`; never raises for what the command does.

    mark: of its attempt, see `mark_of`. Raises Refused when the folder is missing, bash is missing, or `may_start` says no at the last moment.
    """
    if not folder.is_dir():
        raise Refused(
            f"the folder {folder} is not on this worker", hint="Set runbook.folder, or run a worker where it is."
        )
    bash = shutil.which("bash", path=path)
    if bash is None:
        raise Refused("there is no bash on the PATH of steps", hint="Set runbook.path.")
    argv = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    if setpriv:  # a worker that is killed takes the command with it
        argv = [setpriv, "--pdeathsig", "KILL", "--", *argv]
    home = environment.get("HOME") or os.environ.get("HOME") or "/"
    started = time.monotonic()
    if not may_start():
        raise Refused("another worker has taken this run over, so the command was not started")
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env={"PATH": path, "HOME": home, "LANG": os.environ.get("LANG", "C.UTF-8"), **environment, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    output = _Output()
    ended = _follow(process, output, started + timeout_seconds, running)
    _end_group(process)
    end_leftovers(mark)
    output.drain(process)
    return Ended(
        exit=None if ended else _status(process),
        ended=ended,
        output=output.text(),
        size=output.size,
        ms=int((time.monotonic() - started) * 1000),
    )


class _Output:
    """The first and the last part of a stream of any length."""

    def __init__(self) -> None:
        self.head = bytearray()
        self.tail = bytearray()
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        room = KEEP + MARGIN - len(self.head)
        if room > 0:
            self.head += chunk[:room]
            chunk = chunk[room:]
        self.tail += chunk
        if len(self.tail) > 2 * (KEEP + MARGIN):
            del self.tail[: len(self.tail) - (KEEP + MARGIN)]

    def drain(self, process: subprocess.Popen[bytes]) -> None:
        """What is still in the pipe after the end, without waiting for anyone who holds it open."""
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        with suppress(BlockingIOError):
            while chunk := os.read(process.stdout.fileno(), 65_536):
                self.add(chunk)
        process.stdout.close()

    def text(self) -> str:
        """Decoded and redacted; what is left out is said."""
        head = bytes(self.head)
        tail = bytes(self.tail)
        if len(head) + len(tail) <= 2 * KEEP:
            return redact.text((head + tail).decode("utf-8", "replace"))
        tail = tail[-(KEEP + MARGIN) :]
        first = redact.text(head.decode("utf-8", "replace"))[:KEEP]
        last = redact.text(tail.decode("utf-8", "replace"))[-KEEP:]
        return f"{first}\n… {self.size - 2 * KEEP} bytes left out …\n{last}"


def _follow(process: subprocess.Popen[bytes], output: _Output, deadline: float, running: Running) -> str | None:
    """Read until the command has ended, or end it: at its deadline, or when somebody stops it."""
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        open_pipe = True
        while process.poll() is None:
            if running.stopped or time.monotonic() >= deadline:
                return "cancelled" if running.stopped else "timed_out"
            if not open_pipe:
                time.sleep(0.02)
                continue
            if selector.select(timeout=0.1):
                chunk = os.read(process.stdout.fileno(), 65_536)
                output.add(chunk)
                open_pipe = bool(chunk)
    return None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: politely, then not. Also after a normal end, for what it left in the background."""
    for sign, wait in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, 1.0)):
        try:
            os.killpg(process.pid, sign)
        except (ProcessLookupError, PermissionError):
            break
        until = time.monotonic() + wait
        while time.monotonic() < until and _group_lives(process):
            time.sleep(0.02)
        if not _group_lives(process):
            break
    process.wait()


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def mark_of(run: Mapping[str, Any], attempt: int) -> str:
    """What the processes of an attempt carry: its number, and when its run was made, as another store counts from one too."""
    return f"{attempt}@{run['created_at'].timestamp():.6f}"


def end_leftovers(mark: str) -> int:
    """End processes that carry this mark though they left their attempt's process group; how many.

    Looked for until two looks in a row find none: a process has no environment in the moment it becomes another program.
    """
    found = set[int]()
    clean, until = 0, time.monotonic() + LEFTOVER_SECONDS
    while clean < 2 and time.monotonic() < until:  # noqa: PLR2004 - two looks
        marked = _marked(mark)
        for pid in marked:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        found |= marked
        clean = 0 if marked else clean + 1
        time.sleep(0.01)
    return len(found)


def _marked(mark: str) -> set[int]:
    wanted = f"{MARK}={mark}".encode()
    found = set[int]()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found


def _status(process: subprocess.Popen[bytes]) -> int:
    """The exit status as a shell would show it: 128 and the signal's number for a death by signal."""
    code = process.returncode
    return 128 - code if code < 0 else code
