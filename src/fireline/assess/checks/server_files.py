"""What this machine knows of the server: its process, its pg_control, its folders; nothing when it runs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres import machine
from fireline.postgres.connect import Connection, Target
from fireline.postgres.machine import Control, Postmaster

_SERVER = """
SELECT pg_postmaster_start_time() AS started,
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder
"""


@dataclass(frozen=True)
class ServerFiles:
    """What was found here. here: whether the DSN leads to this machine; of a server that answers, whether it is one of this machine."""

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
    row = conn.execute(_SERVER).fetchone()
    assert row is not None
    at = machine.serving(parts, row["started"], row["folder"])
    return ServerFiles(
        at.data is not None, at.data, at.config, sofar.asked.log_file or at.log, at.postmaster, at.control
    )


def away(target: Target, sofar: Snapshot) -> ServerFiles | None:
    """What is found without a connection."""
    if sofar.away is not None and sofar.away.kind == "dsn":
        return None
    parts = dict(conninfo_to_dict(target.dsn.reveal()))
    at = machine.find(parts, sofar.asked.log_file)
    return ServerFiles(machine.is_here(parts), at.data, at.config, at.log, at.postmaster, at.control)


check = Check("server_files", read, away=away)
