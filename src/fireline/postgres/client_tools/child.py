"""Run a client program: fed from a reader, its words heard, ended when it is not wanted any more, and never left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from fireline.errors import Refused
from fireline.postgres.cancel import StatementFailed
from fireline.postgres.client_tools.pipes import Pipes, Reader
from fireline.postgres.watch import Watch

GRACE_SECONDS = 5.0  # between the polite and the impolite signal: the tools cancel their statements
_LOOK_SECONDS = 0.2


class ToolFailed(Refused):
    """the program failed"""

    def __init__(self, message: str, *, said: Sequence[str] = (), hint: str | None = None) -> None:
        self.said = tuple(said)  # its last lines, redacted
        super().__init__(message, hint=hint)


def _nothing(_: object) -> None:
    """Nobody listens."""


def _never() -> str | None:
    """No reason to end it."""
    return None


def run(
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    watch: Watch,
    on_line: Callable[[str], None] = _nothing,
    stdin: Reader | None = None,
    on_output: Callable[[bytes], None] = _nothing,
    enough: Callable[[], str | None] = _never,
    to_end: bool = True,
    harmless: re.Pattern[str] | None = None,
) -> None:
    """Run it to its end. on_line: each line of its stderr, redacted. on_output: its stdout, in pieces.

    enough: asked a few times a second; a reason makes it end. What `stdin`, `on_line`, `on_output` or `enough` raise ends
    it, too, before it could take that for the end of its input. to_end: whether it must read all of its input.
    harmless: error lines that do not count, for a program that goes on after an error; then the first other one ends it.
    Raises ToolFailed with the program's own error line, StatementFailed when `watch.cancel` was asked.
    """
    with _started(argv, env, fed=stdin is not None) as process:
        pipes = Pipes(process, stdin, on_line, on_output, harmless)
        while process.poll() is None:
            if watch.cancel.asked:
                raise StatementFailed("cancelled", state="cancelled")
            if reason := enough():
                raise ToolFailed(reason, said=pipes.said)
            pipes.turn(_LOOK_SECONDS)
            if harmless and pipes.error:
                raise _failed(Path(argv[0]).name, 1, pipes)
        pipes.drain()
    if process.returncode == 1 and pipes.forgiven and not pipes.error:
        return
    if process.returncode or (pipes.unread and to_end):
        raise _failed(Path(argv[0]).name, process.returncode, pipes)


def _failed(name: str, status: int, pipes: Pipes) -> ToolFailed:
    """Its own words, in one line."""
    said = tuple(pipes.said)
    if status < 0:
        word = signal.Signals(-status).name
        return ToolFailed(f"{name} was ended by {word}", said=said, hint="Look whether the machine ran out of memory.")
    line = pipes.error or next((line for line in reversed(said) if line.strip()), "")
    words = line.removeprefix(f"{name}: ").removeprefix("error: ").removeprefix("fatal: ")
    if not status:
        return ToolFailed(f"{name} ended before it had read everything" + (f": {words}" if words else ""), said=said)
    return ToolFailed(f"{name} failed: {words or f'exit status {status}'}", said=said)


@contextmanager
def _started(argv: Sequence[str], env: Mapping[str, str], *, fed: bool) -> Iterator[subprocess.Popen[bytes]]:
    """The process in a group of its own, which is ended in any case: at the end of the block, and when we die."""
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    command = [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else list(argv)
    if not os.access(argv[0], os.X_OK):
        raise Refused(f"{argv[0]} can not be run")
    with _guard() as watch_over:
        process = subprocess.Popen(
            command,
            env=dict(env),
            cwd="/",
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        watch_over(process.pid)
        with process:
            try:
                yield process
            finally:
                _end_group(process)  # and only then its input is closed


@contextmanager
def _guard() -> Iterator[Callable[[int], object]]:
    """A shell that waits for our death and ends a group then: a tool's own workers do not die with the tool. It is told the group."""
    argv = ["/bin/sh", "-c", 'read -r group && ! read -r _ && kill -KILL "-$group"']
    quiet = subprocess.DEVNULL
    guard = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd="/", env={}, start_new_session=True, bufsize=0
    )
    assert guard.stdin is not None
    told = guard.stdin.fileno()
    with guard:
        try:
            yield lambda group: os.write(told, f"{group}\n".encode())
        finally:
            guard.kill()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whoever is left of it: politely, then not."""
    for sign, wait in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, 1.0)):
        until = time.monotonic() + wait
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
            while time.monotonic() < until:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.01)
    process.wait()
