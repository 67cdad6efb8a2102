"""What any account of this machine sees of a server whose folders it may not look into: its process, its configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fireline.postgres import conf_files
from fireline.postgres.machine import Postmaster, Whereabouts, is_here, log_of, output_of, unit_of

CONFIGS = Path("/etc/postgresql")  # where Debian has them, for all to read
_SAME_SECONDS = 5
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Process:
    pid: int
    started: datetime
    data: str  # as its command line names it, or empty
    config: str


def answering(parts: dict[str, Any], started: datetime, folder: str | None = None) -> Whereabouts:
    """Of a server that answers, and began at that moment; nothing when none here fits, or several do."""
    fitting = [one for one in _processes() if abs((one.started - started).total_seconds()) <= _SAME_SECONDS]
    if folder:
        fitting = [one for one in fitting if one.data == folder or one.config]
    port = str(parts.get("port") or "")
    if len(fitting) > 1:
        fitting = [one for one in fitting if one.data == folder or (port and _port(one.config) == port)]
    if len(fitting) != 1 or not (is_here(parts) or fitting[0].data == folder):
        return Whereabouts()
    (one,) = fitting
    return _whereabouts(one, Path(one.data or folder or "/"), Path(one.config) if one.config else None)


def configured(parts: dict[str, Any], configs: Path = CONFIGS) -> Whereabouts:
    """Of a server that need not run: the one that the distribution's configuration has at this port."""
    if not is_here(parts):
        return Whereabouts()
    port = str(parts.get("port") or "5432").split(",")[0]
    for config in sorted(configs.glob("*/*/postgresql.conf"), reverse=True):
        said = conf_files.settings(config)
        if said.get("data_directory") and said.get("port", "5432") == port:
            running = next((one for one in _processes() if one.config == str(config)), None)
            return _whereabouts(running, Path(said["data_directory"]), config)
    return Whereabouts()


def _whereabouts(process: _Process | None, data: Path, config: Path | None) -> Whereabouts:
    postmaster = None
    if process is not None:
        unit, output = unit_of(process.pid), output_of(process.pid)
        postmaster = Postmaster(process.pid, True, "S", process.started, 0, "", "", unit=unit, output=output)
    return Whereabouts(data, config, log_of(data, config, postmaster), postmaster)


def _processes() -> Iterator[_Process]:
    """The servers that run here; their children call themselves otherwise."""
    booted = _booted()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            if not (entry / "comm").read_text().startswith(("postgres", "postmaster")):
                continue
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if ":" in words[0] or not words[0].endswith(("postgres", "postmaster")):
                continue
            ticks = int((entry / "stat").read_text().rpartition(")")[2].split()[19])
            started = datetime.fromtimestamp(booted + ticks / _TICKS, UTC)
            data = words[words.index("-D") + 1] if "-D" in words else ""
            config = next((word.partition("=")[2] for word in words if "config_file=" in word), "")
            yield _Process(int(entry.name), started, data.rstrip("/"), config)


def _booted() -> float:
    with suppress(OSError):
        for line in Path("/proc/stat").read_text().splitlines():
            if line.startswith("btime "):
                return float(line.split()[1])
    return 0.0


def _port(config: str) -> str:
    return conf_files.settings(Path(config)).get("port", "5432") if config else ""
