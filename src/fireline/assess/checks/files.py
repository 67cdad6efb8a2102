"""The lines of the server's configuration files, as they are now; only for a role that may read them."""

from __future__ import annotations

from dataclasses import dataclass

from fireline import redact
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_MAY = "SELECT has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS may"
_LINES = """
SELECT coalesce(sourcefile, '') AS file, sourceline AS line, coalesce(name, '') AS name, coalesce(setting, '') AS value, applied,
    coalesce(error, '') AS error
FROM pg_file_settings ORDER BY seqno LIMIT 2000
"""


@dataclass(frozen=True)
class Line:
    """One line: applied when it is in force or would be after a reload, error when the server can not use it."""

    file: str
    line: int | None
    name: str
    value: str  # without secrets
    applied: bool
    error: str = ""


@dataclass(frozen=True)
class Files:
    """Every line that says something, in the order in which the server reads them."""

    lines: tuple[Line, ...] = ()
    readable: bool = True


def read(conn: Connection, sofar: Snapshot) -> Files:
    """The lines."""
    del sofar
    may = conn.execute(_MAY).fetchone()
    if not may or not may["may"]:
        return Files(readable=False)
    rows = conn.execute(_LINES).fetchall()
    return Files(tuple(Line(**{**row, "value": redact.text(row["value"])}) for row in rows))


def blind(files: Files) -> str | None:
    """A role needs a grant to read them."""
    return None if files.readable else "may not read pg_file_settings"


check = Check("files", read, blind=blind)
