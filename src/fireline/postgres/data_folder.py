"""A server's data folder on this machine: whose it is, which server runs in it, what its log says; nothing is changed."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from fireline.errors import Refused
from fireline.postgres.connect import Identity

_APART = timedelta(
    seconds=10
)  # between the start that the file tells, to the second, and the one that the server tells
OWN_LOG = "fireline-restart.log"
_LAST_LINES = 6
_TAIL = 20_000  # bytes


@dataclass(frozen=True)
class Left:
    """A process of a server that should have ended. state: T stopped, D waits for the disk, as the system tells it."""

    pid: int
    state: str
    title: str


@dataclass(frozen=True)
class DataFolder:
    """The folder with PG_VERSION in it."""

    path: Path

    @cached_property
    def owner(self) -> int:
        """The number of the account whose it is."""
        return self.path.stat().st_uid

    @property
    def major(self) -> int:
        """The version of the data."""
        return int((self.path / "PG_VERSION").read_text().split(".")[0])

    @property
    def system_identifier(self) -> str:
        """The number that initdb gave this data, and that every physical copy of it shares."""
        return str(struct.unpack("=Q", (self.path / "global" / "pg_control").read_bytes()[:8])[0])

    @property
    def postmaster(self) -> tuple[int, datetime] | None:
        """Process number and start of the server that runs here, to the second; None when none does."""
        try:
            lines = (self.path / "postmaster.pid").read_text().splitlines()
            pid, started = int(lines[0]), int(lines[2])
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            return None
        except PermissionError:
            pass
        return pid, datetime.fromtimestamp(started, UTC)

    @property
    def programs(self) -> Path | None:
        """Where the server that runs here was started from; None when none runs, or its programs were replaced since."""
        running = self.postmaster
        with suppress(OSError):
            folder = Path(f"/proc/{running[0]}/exe").resolve(strict=True).parent if running else None
            return folder if folder and (folder / "pg_ctl").is_file() else None
        return None

    @cached_property
    def log(self) -> Path:
        """Where the server's own output goes: to the file that it goes to now, else to a new one in the folder."""
        running = self.postmaster
        if running is not None:
            with suppress(OSError):
                file = Path(f"/proc/{running[0]}/fd/2").resolve(strict=True)
                if file.is_file():
                    return file
        return self.path / OWN_LOG

    def check(self, name: str, seen: Identity | None) -> None:
        """Raises Refused unless this is the data of the server that answers for target `name`, or of one that is down."""
        hint = f"Check targets.{name}.restart.data; the worker must run beside the server."
        try:
            if not (self.path / "PG_VERSION").is_file():
                raise Refused(f"{self.path} is no data folder on this machine", hint=hint)
            number = self.system_identifier
        except PermissionError:
            raise Refused(
                f"this account may not read {self.path}", hint="Run the worker as the owner of the data, or as root."
            ) from None
        except (OSError, struct.error):
            raise Refused(f"{self.path} is no whole data folder", hint=hint) from None
        if seen is None:
            return
        if seen.system_identifier and seen.system_identifier != number:
            raise Refused(f"{self.path} holds the data of another server than target {name}", hint=hint)
        running = self.postmaster
        started = datetime.fromisoformat(seen.postmaster_start)
        if running is None or abs(running[1] - started) > _APART or not self._is(seen.data_directory):
            raise Refused(f"the server that answers for target {name} does not run in {self.path}", hint=hint)
        if running[0] == 1:
            raise Refused(
                f"the server of target {name} is the first process of its container, which ends with it",
                hint=f'Write targets.{name}.restart.way = "command" with what restarts the container.',
            )
        if not (self.path / "postmaster.opts").is_file():
            raise Refused(
                f"{self.path} lacks postmaster.opts, without which pg_ctl could not start it again", hint=hint
            )
        unit = unit_of(running[0])
        if unit:
            raise Refused(
                f"the server of target {name} belongs to systemd's unit {unit}, which pg_ctl would take it away from",
                hint=f'Write targets.{name}.restart.way = "systemd" and unit = "{unit.removesuffix(".service")}".',
            )

    def _is(self, told: str | None) -> bool:
        """Whether this is the folder that the server names as its own; a copy of it has the same number. None: it does not say."""
        with suppress(OSError):
            return told is None or self.path.samefile(told)
        return False

    def left(self) -> list[Left]:
        """The server's processes that serve clients still, the first of them; empty where the system shows none."""
        running = self.postmaster
        found: list[Left] = []
        for folder in Path("/proc").glob("[0-9]*") if running else ():
            with suppress(OSError, IndexError, ValueError):
                words = (folder / "stat").read_text().rpartition(") ")[2].split()
                if running and int(words[1]) == running[0]:
                    title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    found.append(Left(int(folder.name), words[0], title))
        return sorted(found, key=lambda one: (one.state not in "TD", one.pid))


def unit_of(pid: int) -> str:
    """The service of systemd that a process belongs to, or nothing: sessions of people and containers are none."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            last = line.rpartition("/")[2]
            if last.endswith(".service") and ("postgres" in last or "pgsql" in last):
                return last
    return ""


def log_files(current: Path | None) -> dict[Path, int]:
    """The files that a server may write its log to, each with its size now. current: one of them."""
    if current is None:
        return {}
    try:
        beside = [
            file for file in current.parent.iterdir() if file.suffix in (".log", ".csv", ".json") or file == current
        ]
        return {file: file.stat().st_size for file in beside}
    except OSError:
        return {}


def last_lines(current: Path | None, before: dict[Path, int]) -> list[str]:
    """What was written since to any of them, the last lines of the one that was written to last."""
    sizes = log_files(current)
    grown = [
        file for file, size in sizes.items() if size > before.get(file, 0) and file.suffix not in (".csv", ".json")
    ]
    with suppress(OSError, ValueError):
        newest = max(grown, key=lambda file: file.stat().st_mtime)
        with newest.open("rb") as log:
            log.seek(max(before.get(newest, 0), sizes[newest] - _TAIL))
            return log.read(_TAIL).decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
    return []
