"""Real files of the systemd journal, written by systemd's own program from rows: journals without a running systemd."""

from __future__ import annotations

import shutil
import struct
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

WRITER = Path("/lib/systemd/systemd-journal-remote")
needed = pytest.mark.skipif(
    not (WRITER.exists() and shutil.which("journalctl")),
    reason="no systemd-journal-remote here (as root: apt-get install systemd-journal-remote)",
)


def row(at: datetime, message: str, **fields: str | int) -> dict[str, str]:
    """A line as journald keeps what a server writes to its stderr; fields with a leading _ are those it finds out itself."""
    kept = {"MESSAGE": message, "PRIORITY": "6", "_TRANSPORT": "stdout", "_COMM": "postgres", "_BOOT_ID": "1" * 32}
    when = {"__REALTIME_TIMESTAMP": str(int(at.timestamp() * 1_000_000)), "__MONOTONIC_TIMESTAMP": "1"}
    return {**when, **kept, **{name: str(value) for name, value in fields.items()}}


def journal(file: Path, rows: list[dict[str, str]]) -> Path:
    """A journal with these rows; the file's name ends in .journal."""
    exported = b"".join(b"".join(_field(*one) for one in fields.items()) + b"\n" for fields in rows)
    done = subprocess.run([str(WRITER), "--output", str(file), "-"], input=exported, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return file


def _field(name: str, value: str) -> bytes:
    raw = value.encode()
    if b"\n" in raw:
        return name.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n"
    return name.encode() + b"=" + raw + b"\n"
