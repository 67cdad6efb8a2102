"""How much disk a server has left, as far as that can be seen: PostgreSQL does not tell, so only where it runs beside us."""

from __future__ import annotations

import shutil
from pathlib import Path

from fireline.postgres.connect import Connection

_HERE = ("", "127.0.0.1", "::1", "localhost")


def free_bytes(conn: Connection, folder: str | None) -> int | None:
    """Bytes free where a folder of the server lies; None when the server is not on this machine or the folder is not known."""
    if not folder or not beside_us(conn):
        return None
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def beside_us(conn: Connection) -> bool:
    """Whether the process that serves this connection runs on this machine, in our sight: its number says who it is."""
    host = conn.info.host
    if not host.startswith("/") and host not in _HERE:
        return False
    try:
        command = Path(f"/proc/{conn.info.backend_pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"postgres" in command
