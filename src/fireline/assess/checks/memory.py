"""How much memory the server's machine has: of this machine when the server runs here, else not known."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres import machine
from fireline.postgres.connect import Connection

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True)
class Memory:
    """Bytes; None when the server runs elsewhere."""

    total: int | None = None


def read(conn: Connection, sofar: Snapshot) -> Memory:
    """What this machine, or the container we share with the server, has."""
    del sofar
    if not machine.is_here({"host": conn.info.hostaddr or conn.info.host}):
        return Memory()
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Memory(min([whole, *filter(None, map(_limit, _LIMITS))]))


def _limit(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # none, or not on this system
        return None


check = Check("memory", read)
