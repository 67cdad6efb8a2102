"""Folders that a process holds as long as it lives: whoever finds one that nobody holds may clear it away.

By a lock and not by a process number, which is another's in the next container, and may be given again in ours.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def held(home: Path, prefix: str = "") -> Iterator[Path]:
    """A new private folder in `home`, locked as long as the block lasts; the kernel lets go when we die."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = home / f"{prefix}{os.getpid()}-{secrets.token_hex(4)}"
    with ExitStack() as lock:
        with _locked(home):
            folder.mkdir(mode=0o700)
            lock.enter_context(_locked(folder))
        yield folder


def dead(home: Path, prefix: str = "") -> Iterator[Path]:
    """Each of those folders that nobody holds; it is ours until the next is asked for."""
    if not any(home.glob(f"{prefix}*")):
        return
    with _locked(home):
        for folder in sorted(home.glob(f"{prefix}*")):
            with suppress(OSError), _locked(folder, wait=False):
                yield folder


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """The lock on a folder; BlockingIOError where another process has it and we do not wait."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
