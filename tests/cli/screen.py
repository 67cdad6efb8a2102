"""A person at a terminal of 80 by 24: reads what comes, types lines."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cli.conftest import COMMAND, Fireline

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Screen:
    """What has been shown, and the keyboard."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self.terminal = terminal
        self.process = process
        self.raw = ""
        self.read_up_to = 0

    @property
    def text(self) -> str:
        """Everything shown so far, without colours."""
        return _COLOUR.sub("", self.raw).replace("\r\n", "\n")

    def expect(self, words: str, seconds: float = 20) -> str:
        """Wait for words that come behind what was expected before; what stood between."""
        end = time.monotonic() + seconds
        while True:
            place = self.text.find(words, self.read_up_to)
            if place >= 0:
                between, self.read_up_to = self.text[self.read_up_to : place], place + len(words)
                return between
            left = end - time.monotonic()
            assert left > 0, f"{words!r} was not shown; shown was:\n{self.text[self.read_up_to :]}"
            self._read(left)

    def _read(self, seconds: float) -> None:
        if not select.select([self.terminal], [], [], seconds)[0]:
            return
        try:
            self.raw += os.read(self.terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the other side has ended
            time.sleep(0.1)

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        os.write(self.terminal, f"{line}\n".encode())

    def leave(self, seconds: float = 20) -> int:
        """Wait for the program to end; its exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end; shown was:\n{self.text[self.read_up_to :]}"
            self._read(0.1)
        self._read(0.2)
        return self.process.returncode


@contextmanager
def screen(program: Fireline, *arguments: str) -> Iterator[Screen]:
    """The program on a terminal of its own, until the block ends."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**program.clean, "TERM": "xterm-256color"}
    started = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=program.folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Screen(ours, started)
    finally:
        started.kill()
        started.wait()
        os.close(ours)
