"""What this machine knows of the server: its process, its pg_control, its folders; nothing when it runs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres import machine
from fireline.postgres.connect import Connection, Target
from fireline.postgres.machine import Control, Postmaster


@dataclass(frozen=True)
class ServerFiles:
    """What was found here. here: whether the DSN leads to this machine at all."""

    here: bool
    data: Path | None = None
    config: Path | None = None  # postgresql.conf, where it is not in `data`
    log: Path | None = None
    postmaster: Postmaster | None = None  # None: no postmaster.pid, so it was stopped in order, or never ran
    control: Control | None = None

    @property
    def running(self) -> bool:
        """Whether the server's process is there."""
        return self.postmaster is not None and self.postmaster.alive


def read(conn: Connection, sofar: Snapshot) -> ServerFiles:
    """The same with a connection: the files of the server that answers, if it is on this machine."""
    parts = {"host": conn.info.host, "port": conn.info.port}
    return _found(parts, sofar)


def away(target: Target, sofar: Snapshot) -> ServerFiles | None:
    """What is found without a connection."""
    if sofar.away is not None and sofar.away.kind == "dsn":
        return None
    return _found(dict(conninfo_to_dict(target.dsn.reveal())), sofar)


def _found(parts: dict[str, object], sofar: Snapshot) -> ServerFiles:
    at = machine.find(dict(parts), sofar.asked.log_file)
    return ServerFiles(machine.is_here(dict(parts)), at.data, at.config, at.log, at.postmaster, at.control)


check = Check("server_files", read, away=away)
