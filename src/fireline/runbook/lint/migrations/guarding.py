"""A process of its own that outlives a lint which is killed, and then stops and deletes the scratch server that it left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TRIES = 20


@contextmanager
def guarded() -> Iterator[None]:
    """As long as it lasts, somebody waits for our end, however it comes."""
    waiting = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, str(os.getpid())],  # -P: what lies in this folder is no module of ours
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # out of reach for what ends us
    )
    try:
        yield
    finally:
        waiting.kill()
        waiting.wait()
        assert waiting.stdin is not None
        waiting.stdin.close()


def wait() -> None:
    """Until whoever started us is gone; then nothing of the kind is left."""
    sys.stdin.buffer.read()
    from fireline.runbook.lint.migrations.folders import left_by, sweep

    for _ in range(_TRIES):  # its lock may outlive it by a moment
        sweep()
        if not left_by(int(sys.argv[1])):
            return
        time.sleep(0.5)


if __name__ == "__main__":
    wait()
