"""What this machine knows of the server behind a DSN without connecting: its process, its data folder, its configuration, its log."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fireline.postgres.conf_files import settings

_LOOPBACK = ("", "localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound
_SOCKETS = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 - where libpq looks by itself
_DATA = (
    "/var/lib/postgresql/data",
    "/var/lib/postgresql/*/docker",
    "/var/lib/pgsql/data",
    "/var/lib/pgsql/*/data",
    "/usr/local/var/postgres*",
    "/opt/homebrew/var/postgresql*",
)
_LOG_NAMES = ("log", "logfile", "server.log", "postgres.log", "postgresql.log", "pg.log")
_STATES = (
    "starting up", "shut down", "shut down in recovery", "shutting down", "in crash recovery", "in archive recovery", "in production",
)  # fmt: skip
_DEFAULT_PORT = 5432
_SAME_SECONDS = 5  # postmaster.pid has whole seconds, and is written a moment before
_HEAD = struct.Struct("=QIII4xqQ")  # identifier, versions of pg_control and catalog, state, time, checkpoint


@dataclass(frozen=True)
class Postmaster:
    """The process that is, or was, the server of a data folder, as its postmaster.pid tells."""

    pid: int
    alive: bool
    state: str  # of the process: S sleeps, R runs, D waits for a disk, T is stopped, Z is dead; empty when it is gone
    started: datetime | None
    port: int
    sockets: str
    status: str  # starting, ready, standby, stopping
    children: tuple[str, ...] = ()  # what its processes call themselves
    unit: str = ""  # of systemd that it runs in
    output: str = ""  # where its stderr goes, as the kernel names it: a file, socket:[…], pipe:[…]; empty: not seen


@dataclass(frozen=True)
class Control:
    """What pg_control says: the state in which the server was seen last, and when that was written."""

    system_identifier: str
    state: str
    at: datetime


@dataclass(frozen=True)
class Whereabouts:
    """Where on this machine a server lives; what was not found is None."""

    data: Path | None = None
    config: Path | None = None
    log: Path | None = None
    postmaster: Postmaster | None = None
    control: Control | None = None


def is_here(parts: dict[str, Any]) -> bool:
    """Whether a DSN with these parts leads to this machine."""
    host = str(parts.get("hostaddr") or parts.get("host") or "")
    if host.startswith(("/", "@")) or host in _LOOPBACK or host.startswith("127."):
        return True
    return host == socket.gethostname()


def find(parts: dict[str, Any], log: Path | None = None) -> Whereabouts:
    """Where the server behind a DSN with these parts lives, if that is here; `log` is its log, where that is known."""
    if not is_here(parts):
        return Whereabouts(log=log)
    host, said = str(parts.get("host") or ""), str(parts.get("port") or _DEFAULT_PORT).split(",")[0]
    port = int(said) if said.isdigit() else _DEFAULT_PORT
    sockets = (host,) if host.startswith("/") else _SOCKETS if not host else ()
    for data, config in _candidates(sockets, port, log):
        postmaster = _postmaster(data)
        if _fits(data, config, postmaster, sockets, port, sure=bool(host.startswith("/"))):
            return Whereabouts(data, config, log or log_of(data, config, postmaster), postmaster, control(data))
    return Whereabouts(log=log)


def serving(parts: dict[str, Any], started: datetime, folder: str | None = None) -> Whereabouts:
    """The same of a server that answers, and began at that moment: what answers may also come by a tunnel or a container.

    folder: its data folder as it tells itself; behind a pooler the DSN does not lead to it.
    """
    if folder and (postmaster := _postmaster(Path(folder))) and _began(postmaster, started):
        data = Path(folder)
        return Whereabouts(data, None, log_of(data, None, postmaster), postmaster, control(data))
    found = find(parts) if is_here(parts) else Whereabouts()
    return found if found.postmaster and _began(found.postmaster, started) else Whereabouts()


def _began(postmaster: Postmaster, started: datetime) -> bool:
    begun = postmaster.started if postmaster.alive else None
    return begun is not None and abs((begun - started).total_seconds()) <= _SAME_SECONDS


def _candidates(sockets: tuple[str, ...], port: int, log: Path | None) -> Iterator[tuple[Path, Path | None]]:
    """Data folders to consider with their configuration, the likeliest first."""
    for folder in sockets:
        with suppress(OSError, IndexError):
            yield Path(Path(folder, f".s.PGSQL.{port}.lock").read_text().splitlines()[1]), None
    yield from ((data, None) for data in running())
    for config in sorted(Path("/etc/postgresql").glob("*/*/postgresql.conf"), reverse=True):
        said = settings(config)
        if "data_directory" in said:
            yield Path(said["data_directory"]), config
    places = [Path(folder) for folder in sockets if folder not in _SOCKETS]
    places += [log.absolute().parent] if log else []
    for place in places:  # a private server often has its socket and its log in or beside its data
        yield from ((near, None) for near in (place, place.parent, place / "data", place.parent / "data"))
    if os.environ.get("PGDATA"):
        yield Path(os.environ["PGDATA"]), None
    for pattern in _DATA:
        yield from ((data, None) for data in sorted(Path("/").glob(pattern[1:]), reverse=True))


def _fits(
    data: Path, config: Path | None, postmaster: Postmaster | None, sockets: tuple[str, ...], port: int, *, sure: bool
) -> bool:
    """Whether the server of this folder is the one at this port and, if a socket folder was named, in that folder."""
    try:
        if not (data / "PG_VERSION").is_file():
            return False
    except OSError:
        return False
    if postmaster is not None and postmaster.port:
        return postmaster.port == port and (not sure or _same(postmaster.sockets, sockets[0]))
    said = settings(config or data / "postgresql.conf") | settings(data / "postgresql.auto.conf")
    known = said.get("port", str(_DEFAULT_PORT)) == str(port)
    near = any(_same(str(place), folder) for folder in sockets for place in (data, *_near(data)))
    wanted = [one.strip() for one in said.get("unix_socket_directories", "").split(",")]
    return known and (
        not sure or near or any(_same(one, sockets[0]) for one in wanted if one) or sockets[0] in _SOCKETS
    )


def _near(data: Path) -> tuple[Path, ...]:
    return data.parent, data / "socket", data.parent / "socket", data / "sockets"


def _same(one: str, other: str) -> bool:
    return bool(one) and os.path.realpath(one) == os.path.realpath(other)


def running() -> list[Path]:
    """The data folders of the servers that run on this machine and that we may see."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "comm").read_text().startswith(("postgres", "postmaster")):
                folder = (entry / "cwd").readlink()
                if folder not in found and (folder / "postmaster.pid").is_file():
                    found.append(folder)
    return found


def _postmaster(data: Path) -> Postmaster | None:
    try:
        lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except (OSError, UnicodeDecodeError):
        return None
    lines += [""] * (8 - len(lines))
    if not lines[0].lstrip("-").isdigit():
        return None
    pid = abs(int(lines[0]))
    state = _state(pid, data)
    started = datetime.fromtimestamp(int(lines[2]), UTC) if lines[2].isdigit() else None
    children = tuple(_children(pid)) if state else ()
    return Postmaster(
        pid,
        state not in ("", "Z"),
        state,
        started,
        int(lines[3]) if lines[3].isdigit() else 0,
        lines[4],
        lines[7],
        children,
        unit_of(pid) if state else "",
        output_of(pid) if state else "",
    )


def _state(pid: int, data: Path) -> str:
    """The state of a process, if it is the server of this folder and no stranger with its number."""
    try:
        if not Path(f"/proc/{pid}/comm").read_text().startswith(("postgres", "postmaster")):
            return ""
        folder = str(Path(f"/proc/{pid}/cwd").readlink())
    except PermissionError:
        folder = ""  # another account's: its name has to do
    except OSError:
        return ""
    if folder and not _same(folder, str(data)):
        return ""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def unit_of(pid: int) -> str:
    """The innermost service of systemd that a process belongs to; sessions of people are none."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
            services = [part for part in line.partition("/")[2].split("/") if part.endswith(".service")]
            if services and not services[-1].startswith("user@"):  # that one holds all that a person runs
                return services[-1]
    return ""


def output_of(pid: int) -> str:
    """Where the stderr of a process goes, as the kernel names it; empty when that is not ours to know."""
    with suppress(OSError):
        return str(Path(f"/proc/{pid}/fd/2").readlink())
    return ""


def _children(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(OSError):
                words = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if words.startswith("postgres:"):
                    yield words.removeprefix("postgres:").strip()


def control(data: Path) -> Control | None:
    """What pg_control of a data folder says; None when it can not be read."""
    try:
        head = (data / "global" / "pg_control").read_bytes()[: _HEAD.size]
        identifier, _, _, state, at, _ = _HEAD.unpack(head)
        return Control(str(identifier), _STATES[state], datetime.fromtimestamp(at, UTC))
    except (OSError, struct.error, IndexError, ValueError, OverflowError):
        return None


def log_of(data: Path, config: Path | None, postmaster: Postmaster | None) -> Path | None:
    """The server's log: what its collector names, else where its output goes, else where the distribution puts it."""
    with suppress(OSError):
        for line in (data / "current_logfiles").read_text().splitlines():
            kind, _, name = line.partition(" ")
            if kind in ("stderr", "csvlog", "jsonlog") and (data / name).is_file():
                return data / name
    if postmaster and postmaster.alive:
        if postmaster.output.startswith("socket:"):  # the journal; a file that lies about is of other days
            return None
        with suppress(OSError):
            if postmaster.output and Path(postmaster.output).is_file():
                return Path(postmaster.output)
    if config and len(config.parts) > 3:  # noqa: PLR2004 - /etc/postgresql/15/main
        return _existing(Path(f"/var/log/postgresql/postgresql-{config.parts[-3]}-{config.parts[-2]}.log"))
    return _newest(data)


def _existing(path: Path) -> Path | None:
    with suppress(OSError):
        return path if path.is_file() else None
    return None


def _newest(data: Path) -> Path | None:
    """The newest file that looks like a log in or beside a data folder."""
    found: list[tuple[float, Path]] = []
    folders = (data / settings(data / "postgresql.conf").get("log_directory", "log"), data / "pg_log")
    files = [file for folder in folders for file in folder.glob("*") if file.suffix in (".log", ".csv", ".json")]
    files += [place / name for place in (data, data.parent) for name in _LOG_NAMES]
    for file in files:
        with suppress(OSError):
            if file.is_file():
                found.append((file.stat().st_mtime, file))
    return max(found)[1] if found else None
