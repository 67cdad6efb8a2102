"""What a session gets of the limits that our own session sets for itself; asked by one more connection, held for a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from fireline.assess.checks.files import Files
from fireline.assess.checks.settings import Setting
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MASKED = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "default_transaction_read_only",
    "idle_session_timeout",
    "transaction_timeout",
)
_SETTINGS = """
SELECT name, setting AS value, unit, source, boot_val AS "default", reset_val AS reset, sourcefile AS file, sourceline AS line, pending_restart
FROM pg_settings WHERE name = ANY (%s)
"""


@dataclass(frozen=True)
class PlainSession:
    """These settings as a session of our role has them that sets nothing itself."""

    values: dict[str, Setting]


def read(conn: Connection, sofar: Snapshot) -> PlainSession:
    """Connect as our role did, with nothing asked for, and look."""
    del sofar
    info = conn.info
    arguments: dict[str, Any] = {
        **info.get_parameters(),
        "password": info.password or None,
        "options": None,
        "connect_timeout": 2,
    }
    with psycopg.connect(**arguments, row_factory=dict_row, autocommit=True) as plain:
        rows = plain.execute(_SETTINGS, [list(MASKED)]).fetchall()
    return PlainSession({row["name"]: Setting(**row) for row in rows})


def wanted(sofar: Snapshot) -> bool:
    """Where somebody complains of such a limit and the files, which tell it too, can not be read."""
    files = sofar.last("files", Files)
    struck = sofar.complaint.about("readonly", "timeout", "unreachable") or sofar.complaint.says("timeout")
    return bool(struck) and (files is None or not files.readable)


check = Check("plain_session", read, wanted=wanted)
