"""A process of its own that outlives a lint which is killed, and then stops and deletes the scratch server that it left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def guarded() -> Iterator[None]:
    """As long as it lasts, somebody waits for our end, however it comes."""
    waiting = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__],  # -P: what lies in this folder is no module of ours
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
    from fireline.runbook.lint.migrations.building import sweep

    sweep()


if __name__ == "__main__":
    wait()
