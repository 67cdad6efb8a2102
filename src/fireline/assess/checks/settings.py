"""Every setting of the server with its origin, what roles and databases override, and the faults in its files."""

from __future__ import annotations

from dataclasses import dataclass, field

from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_SETTINGS = """
SELECT name, setting AS value, unit, source, boot_val AS "default", reset_val AS reset, sourcefile AS file, sourceline AS line, pending_restart
FROM pg_settings
"""
_OVERRIDES = """
SELECT d.datname AS database, r.rolname AS role, split_part(pair, '=', 1) AS name, substr(pair, strpos(pair, '=') + 1) AS value
FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS pair
LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 LIMIT 2000
"""
_MAY_READ_FILES = "SELECT has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS may"
_FILE_ERRORS = """
SELECT coalesce(sourcefile, '') AS file, sourceline AS line, name, error FROM pg_file_settings WHERE error IS NOT NULL ORDER BY seqno
"""


@dataclass(frozen=True)
class Setting:
    """One setting as this session has it; value, default and reset in `unit` where there is one."""

    name: str
    value: str
    unit: str | None
    source: str  # default, configuration file, database, user, client …
    default: str | None
    reset: str | None
    file: str | None  # seen only by pg_read_all_settings
    line: int | None
    pending_restart: bool


@dataclass(frozen=True)
class Override:
    """A setting given to a role, a database, or a role in a database."""

    database: str | None
    role: str | None
    name: str
    value: str


@dataclass(frozen=True)
class FileError:
    """A line of the configuration files that the server can not use."""

    file: str
    line: int | None
    name: str | None
    error: str


@dataclass(frozen=True)
class Settings:
    """What is set, and where from. file_errors: None when our role may not read the files."""

    values: dict[str, Setting] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    file_errors: tuple[FileError, ...] | None = ()

    def value(self, name: str, default: str = "") -> str:
        """The value of a setting as this session has it."""
        found = self.values.get(name)
        return found.value if found else default

    def number(self, name: str, default: float = 0) -> float:
        """The value of a setting that is a number, in its unit."""
        try:
            return float(self.value(name))
        except ValueError:
            return default

    def overridden(self, *names: str) -> tuple[Override, ...]:
        """The overrides of these settings."""
        return tuple(one for one in self.overrides if one.name in names)


def read(conn: Connection, sofar: Snapshot) -> Settings:
    """All settings, all overrides, the faults in the files."""
    del sofar
    values = {row["name"]: Setting(**row) for row in conn.execute(_SETTINGS).fetchall()}
    overrides = tuple(Override(**row) for row in conn.execute(_OVERRIDES).fetchall())
    may = conn.execute(_MAY_READ_FILES).fetchone()
    if not may or not may["may"]:
        return Settings(values, overrides, None)
    return Settings(values, overrides, tuple(FileError(**row) for row in conn.execute(_FILE_ERRORS).fetchall()))


check = Check("settings", read)
