"""The private folders of scratch servers: one is ours as long as we hold its lock; what a lint that was killed left is swept away."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from fireline.cluster import Cluster
from fireline.errors import ClusterError

PREFIX = "fireline-lint-"


def taken() -> tuple[Path, int]:
    """A new folder, and the handle by which it is ours; another lint that sweeps may take it away before it is."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_home()))
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if folder.exists():
                return folder, handle
            os.close(handle)


def left_by(pid: int) -> bool:
    """Whether a process has left something of the kind."""
    return any(_home().glob(f"{PREFIX}{pid}-*"))


def _home() -> Path:
    """Where there is room for a socket's name: it may have no more than a hundred letters."""
    return Path("/tmp")  # noqa: S108 - a folder of its own in it, private


def sweep() -> None:
    """Stop and delete what processes that were killed have left: their lock is free."""
    for folder in _home().glob(f"{PREFIX}*"):
        with suppress(OSError, ClusterError):
            if folder.stat().st_uid != os.getuid():
                continue
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Cluster(folder / "pg").remove()
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
