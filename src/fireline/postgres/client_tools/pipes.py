"""What goes into a child and what comes out of it, in one thread: no side can make the other wait for ever."""

from __future__ import annotations

import fcntl
import os
import re
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Protocol

from fireline import redact

CHUNK = 1 << 20
_KEPT_LINES = 50
_BREATH_SECONDS = 0.005
# What the tools and the server call an error, also when the server speaks another language.
_ERROR = re.compile(
    r"^[\w.-]+: (?:error|fatal): |^psql:.*?:\d+: (?!NOTICE|WARNING|INFO|LOG|DEBUG)\w+: |^(?:ERROR|FATAL|PANIC): "
)


class Reader(Protocol):
    """Where a program's input comes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class Pipes:
    """The three pipes of a process."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: Reader | None,
        on_line: Callable[[str], None],
        on_output: Callable[[bytes], None],
        harmless: re.Pattern[str] | None = None,
    ) -> None:
        self.said = deque[str](maxlen=_KEPT_LINES)  # its last lines, redacted
        self.error = ""  # the first line that says what is wrong; later ones only say that it was
        self.forgiven = 0  # error lines that were told to be harmless
        self.unread = False  # whether it went away before it had read everything
        self._reader, self._on_line, self._on_output = reader, on_line, on_output
        self._harmless = harmless
        self._pending = memoryview(b"")
        self._partial = b""
        self._selector = selectors.DefaultSelector()
        self._add(process.stdin, selectors.EVENT_WRITE, self._feed)
        self._add(process.stdout, selectors.EVENT_READ, self._hand_on)
        self._add(process.stderr, selectors.EVENT_READ, self._hear)
        if process.stdin is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):  # a user may have too many large pipes
                fcntl.fcntl(process.stdin.fileno(), fcntl.F_SETPIPE_SZ, CHUNK)

    def turn(self, seconds: float) -> None:
        """Move what can be moved now, or wait that long for it."""
        if not self._selector.get_map():
            time.sleep(_BREATH_SECONDS)  # it has closed them all, and is about to end
        for key, _ in self._selector.select(seconds):
            key.data(key.fileobj)

    def drain(self) -> None:
        """What is still in the pipes after the end, without waiting for anyone who holds them open."""
        for key in list(self._selector.get_map().values()):
            if key.events == selectors.EVENT_WRITE:
                self.unread = True
                continue
            while key.fd in self._selector.get_map() and self._ready(key.fd):
                key.data(key.fileobj)
        self._finish_line()
        self._selector.close()

    def _add(self, pipe: IO[bytes] | None, way: int, turn: Callable[[IO[bytes]], None]) -> None:
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, way, turn)

    def _ready(self, descriptor: int) -> bool:
        return any(key.fd == descriptor for key, _ in self._selector.select(0))

    def _done_with(self, pipe: IO[bytes]) -> None:
        self._selector.unregister(pipe)
        with suppress(BrokenPipeError):
            pipe.close()

    def _feed(self, pipe: IO[bytes]) -> None:
        assert self._reader is not None
        if not self._pending:
            self._pending = memoryview(self._reader.read(CHUNK))
            if not self._pending:
                self._done_with(pipe)
                return
        try:
            self._pending = self._pending[os.write(pipe.fileno(), self._pending) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.unread = True
            self._done_with(pipe)

    def _hand_on(self, pipe: IO[bytes]) -> None:
        piece = os.read(pipe.fileno(), CHUNK)
        if piece:
            self._on_output(piece)
        else:
            self._done_with(pipe)

    def _hear(self, pipe: IO[bytes]) -> None:
        piece = os.read(pipe.fileno(), 1 << 16)
        *lines, self._partial = (self._partial + piece).split(b"\n")
        for line in lines:
            self._told(line)
        if not piece:
            self._finish_line()
            self._done_with(pipe)

    def _finish_line(self) -> None:
        if self._partial:
            self._told(self._partial)
            self._partial = b""

    def _told(self, line: bytes) -> None:
        words = redact.text(line.decode(errors="replace").rstrip())
        self.said.append(words)
        if _ERROR.match(words):
            if self._harmless and self._harmless.search(words):
                self.forgiven += 1
            else:
                self.error = self.error or words
        self._on_line(words)
