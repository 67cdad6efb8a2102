"""What happened at the server's door: who was let in, or refused with which words, and what else was tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from fireline.assess.snapshot import Check, Snapshot
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Connection, Target
from fireline.postgres.machine import is_here

OPEN = "open"


@dataclass(frozen=True)
class Door:
    """category: `open`, or the kind of the refusal as `postgres.unreachable` has it. said: the server's words, redacted.

    role, database, host, port: as the target's DSN asks for them. through: how we got in all the same, in words.
    tried: each other way, with what came of it.
    """

    category: str
    said: str = ""
    role: str = ""
    database: str = ""
    host: str = ""
    port: int = 5432
    here: bool = False  # the DSN leads to this machine
    through: str | None = None
    tried: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the door is, in words."""
        return f"{self.host or 'the local socket'} port {self.port}"

    def refused(self, *categories: str) -> bool:
        """Whether the target's own connection was refused in one of these ways."""
        return self.category in categories


def read(conn: Connection, sofar: Snapshot) -> Door:
    """How this connection came about."""
    if sofar.away is not None and sofar.at is not None:
        return _door(sofar.at, sofar, sofar.away)
    info = conn.info
    return Door(
        OPEN, role=info.user, database=info.dbname, host=info.host, port=info.port, here=is_here({"host": info.host})
    )


def away(target: Target, sofar: Snapshot) -> Door | None:
    """Why there is no connection."""
    return _door(target, sofar, sofar.away) if sofar.away else None


def _door(target: Target, sofar: Snapshot, refused: TargetUnavailable) -> Door:
    if refused.kind == "dsn":
        return Door("dsn", refused.message, tried=sofar.tried)
    parts: dict[str, Any] = dict(conninfo_to_dict((target.read_dsn or target.dsn).reveal()))
    role = str(parts.get("user") or "")
    said = refused.message.partition("does not answer: ")[2] or refused.message
    port = str(parts.get("port") or 5432).split(",")[0]
    return Door(
        refused.kind, said, role, str(parts.get("dbname") or role), str(parts.get("host") or parts.get("hostaddr") or ""),
        int(port) if port.isdigit() else 5432, is_here(parts), sofar.through, sofar.tried,
    )  # fmt: skip


check = Check("door", read, away=away)
