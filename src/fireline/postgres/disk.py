"""How much disk a server has left, as far as that can be seen: PostgreSQL does not tell, so only where it runs beside us."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fireline.postgres.connect import Connection

_LOOPBACK = ("", "127.0.0.1", "::1", "localhost")
_PROCESSES = Path("/proc/self")


@dataclass(frozen=True)
class Room:
    """A file system that the server writes to."""

    total: int
    free: int  # for an ordinary account
    files_free: int | None  # None: it has no limit of files


def room(folder: str) -> Room | None:
    """The room where a folder of this machine lies; None when it is not there, or our account may not look."""
    try:
        seen = os.statvfs(folder)
    except OSError:
        return None
    return Room(seen.f_blocks * seen.f_frsize, seen.f_bavail * seen.f_frsize, seen.f_favail if seen.f_files else None)


def free_bytes(conn: Connection, folder: str | None) -> int | None:
    """Bytes free where a folder of the server lies; None when the server is not on this machine or the folder is not known."""
    seen = room(folder) if folder and beside_us(conn) else None
    return seen.free if seen else None


def beside_us(conn: Connection) -> bool:
    """Whether the process that serves this connection runs on this machine, in our sight: its number says who it is.

    A port of this machine may lead elsewhere, into a container too. Where the system shows no processes, a socket will do.
    """
    host = conn.info.host
    if not host.startswith("/") and host not in _LOOPBACK:
        return False
    if not _PROCESSES.exists():
        return host.startswith("/")
    try:
        command = Path(f"/proc/{conn.info.backend_pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"postgres" in command
