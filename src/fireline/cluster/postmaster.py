"""The process that serves a data folder: read from its postmaster.pid, and never taken for a stranger with its number."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NO_SUCH_PID = 4_194_305  # one more than Linux ever gives

# Servers that this process started, so that their remains are cleared away when they end, whoever stopped them.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Postmaster:
    """A running server as its postmaster.pid tells of it."""

    pid: int
    port: int
    socket: str
    address: str  # empty when it listens on the socket alone
    ready: bool


def running(data: Path) -> Postmaster | None:
    """The server of this data folder, or None: a stale file, or one with the number of another process, is none."""
    found = _read(data)
    return found if found and serves(found.pid, data) else None


def serves(pid: int, data: Path) -> bool:
    """Whether this process is the postmaster of this folder."""
    if pid in _children and _children[pid].poll() is not None:
        del _children[pid]
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return False
        words = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    if not words and pid in _children:  # it ended since we asked above, and nobody may ask again
        _children.pop(pid).wait()
    return f"-D {data} " in words + " "


def keep(process: subprocess.Popen[bytes]) -> None:
    """Remember a server that this process started."""
    _children[process.pid] = process


def forget_stranger(data: Path) -> None:
    """Where a dead server's number is now another process's, put a number that nobody has.

    PostgreSQL would refuse to start. The file itself stays: PostgreSQL looks in it for what old backends still hold.
    """
    file = data / "postmaster.pid"
    with suppress(FileNotFoundError):
        lines = file.read_text().splitlines(keepends=True)
        if lines and lines[0].strip().isdigit() and Path(f"/proc/{lines[0].strip()}").exists():
            file.write_text("".join([f"{NO_SUCH_PID}\n", *lines[1:]]))


def _read(data: Path) -> Postmaster | None:
    """Its eight lines: pid, data folder, start, port, socket folder, address, shared memory, status."""
    try:
        lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not lines or not lines[0].isdigit():
        return None
    lines += [""] * (8 - len(lines))
    port = int(lines[3]) if lines[3].isdigit() else 0
    return Postmaster(int(lines[0]), port, lines[4], lines[5], ready=lines[7] == "ready")
