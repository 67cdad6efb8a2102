"""Run a program for what it prints, shut in: without network, input, home or secrets, and within a time."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from typing import IO

SECONDS = 15.0  # for one question; a program of node may take some on a machine that is busy
MOST_BYTES = 1_000_000
_NOWHERE = "http://127.0.0.1:9"


@dataclass
class Patience:
    """How long all questions of one lint may take together, from the first one on."""

    seconds: float = 20.0
    begun: float | None = field(default=None, init=False)

    def left(self) -> float:
        """Seconds that are left; asking begins the time."""
        if self.begun is None:
            self.begun = time.monotonic()
        return self.begun + self.seconds - time.monotonic()


def run(command: list[str], seconds: float | None = None) -> str | None:
    """What a program prints within the time, shut in: no network, no input, an empty home; None when it takes longer."""
    with tempfile.TemporaryDirectory(prefix="fireline-help-") as home:
        try:
            process = subprocess.Popen(
                [*_cut_off(), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=home,
                env=_surroundings(home),
                start_new_session=True,
            )
        except OSError:
            return None
        assert process.stdout is not None
        try:
            raw = _output(process.stdout, SECONDS if seconds is None else min(seconds, SECONDS))
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
            process.wait()
    return raw.decode("utf-8", "replace") if raw is not None else None


def _output(pipe: IO[bytes], seconds: float) -> bytes | None:
    """Everything up to the end, or as much as is read at most; None when the time is over."""
    deadline, parts, size = time.monotonic() + seconds, [], 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while size < MOST_BYTES:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                return None
            part = os.read(pipe.fileno(), 65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
    return b"".join(parts)


def _surroundings(home: str) -> dict[str, str]:
    """An environment without a secret, a pager, a colour or a way out."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "COLUMNS": "160",
        "NO_COLOR": "1",
        "CI": "1",
        "DO_NOT_TRACK": "1",
        **dict.fromkeys(("PAGER", "GIT_PAGER", "MANPAGER", "AWS_PAGER", "SYSTEMD_PAGER"), "cat"),
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), home),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE),
    }


@cache
def _cut_off() -> tuple[str, ...]:
    """The words that take a child's network away, and everything it leaves running, where this machine permits it.

    Some start a daemon before they read their arguments, pm2 for one: it ends with the child in whose namespace it is.
    """
    processes = ("--pid", "--fork", "--kill-child")
    for words in (
        ("unshare", "--net", *processes),
        ("unshare", "--map-current-user", "--net", *processes),
        ("unshare", "--net"),
    ):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(
                [*words, "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False
            )
            if done.returncode == 0:
                return words
    return ()
