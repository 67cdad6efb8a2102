"""The rules of pg_hba.conf as the file has them, and when the server last read its files; only when somebody was shut out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fireline.assess.checks.log import Log
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

SHUT_OUT = r"no pg_hba\.conf entry|pg_hba\.conf rejects"
_MAY = "SELECT has_function_privilege('pg_hba_file_rules()', 'EXECUTE') AS may, pg_conf_load_time() AS loaded, CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('hba_file') END AS file"
_RULES = """
SELECT coalesce(to_jsonb(r) ->> 'file_name', '') AS file, r.line_number AS line, coalesce(r.type, '') AS type,
    coalesce(r.database, '{}') AS databases, coalesce(r.user_name, '{}') AS users, r.address, r.netmask, coalesce(r.auth_method, '') AS method,
    coalesce(r.error, '') AS error
FROM pg_hba_file_rules r ORDER BY line_number LIMIT 1000
"""


@dataclass(frozen=True)
class Rule:
    """One line of the file. type: local, host, hostssl …; address: None for local."""

    line: int
    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str | None
    netmask: str | None
    method: str
    file: str = ""
    error: str = ""


@dataclass(frozen=True)
class Hba:
    """The file now. rules: None when our role may not read them. loaded: when the server last read its files."""

    loaded: datetime
    file: str = "pg_hba.conf"
    rules: tuple[Rule, ...] | None = ()


def read(conn: Connection, sofar: Snapshot) -> Hba:
    """The rules, if we may; and when they were loaded."""
    del sofar
    row = conn.execute(_MAY).fetchone()
    assert row is not None
    rules = None
    if row["may"]:
        rows = conn.execute(_RULES).fetchall()
        rules = tuple(
            Rule(**{**one, "databases": tuple(one["databases"]), "users": tuple(one["users"])}) for one in rows
        )
    return Hba(row["loaded"].astimezone(UTC), row["file"] or "pg_hba.conf", rules)


def wanted(sofar: Snapshot) -> bool:
    """Whether somebody says that pg_hba.conf shut him out, or can not log in."""
    log = sofar.last("log", Log)
    told = bool(log and log.like(SHUT_OUT)) or (sofar.away is not None and sofar.away.kind == "hba")
    return told or bool(sofar.complaint.says(SHUT_OUT)) or sofar.complaint.about("login")


check = Check("hba", read, wanted=wanted)
