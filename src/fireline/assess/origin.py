"""Where a setting was given its value, for whom, and how that is taken back. Pure."""

# ruff: noqa: S608 - names go into these texts as SQL literals
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fireline.assess.checks.files import Files
from fireline.assess.checks.plain_session import PlainSession
from fireline.assess.checks.settings import Override, Setting, Settings
from fireline.assess.quoting import ident, literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Evidence, Probe

_LISTS = ("search_path", "session_preload_libraries", "local_preload_libraries", "temp_tablespaces")
_QUANTITY = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_MS = {"us": 0.001, "": 1, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_KB = {"b": 1 / 1024, "": 1, "kb": 1, "mb": 1024, "gb": 1024**2, "tb": 1024**3}


@dataclass(frozen=True)
class Origin:
    """One place that gives a setting its value. `whom`: role web in database app, or the whole server."""

    name: str
    value: str
    database: str | None = None
    role: str | None = None
    file: str | None = None  # of the whole server
    line: int | None = None

    @property
    def whom(self) -> str:
        """Who gets the value, for a sentence."""
        if self.server:
            return "the whole server"
        parts = [f"role {self.role}" if self.role else "", f"database {self.database}" if self.database else ""]
        return " in ".join(part for part in parts if part) or "every role"

    @property
    def server(self) -> bool:
        """Whether a configuration file gives it."""
        return self.file is not None

    @property
    def object(self) -> str:
        """The thing to change."""
        return f"{self.name} of {self.whom}"

    @property
    def evidence(self) -> Evidence:
        """The fact."""
        if self.server:
            where = f"line {self.line} of {self.file}" if self.line else self.file or "its files"
            return Evidence("pg_file_settings", f"{self.name} is {self.value!r} for the whole server, set in {where}")
        return Evidence("pg_db_role_setting", f"{self.whom} is given {self.name} = {self.value!r}")

    def takes_back(self, instead: str) -> tuple[str, ...]:
        """The statements that take it back; over a line that ALTER SYSTEM did not write, `instead` is set."""
        if not self.server:
            return (f"{self._alter} RESET {ident(self.name)}",)
        change = f"RESET {ident(self.name)}" if self._written_by_sql else f"SET {ident(self.name)} = {literal(instead)}"
        return (f"ALTER SYSTEM {change}", "SELECT pg_reload_conf()")

    def gives_again(self) -> tuple[str, ...]:
        """The statements that undo that."""
        value = self.value if self.name in _LISTS and self.value else literal(self.value)
        if not self.server:
            return (f"{self._alter} SET {ident(self.name)} = {value}",)
        change = f"SET {ident(self.name)} = {value}" if self._written_by_sql else f"RESET {ident(self.name)}"
        return (f"ALTER SYSTEM {change}", "SELECT pg_reload_conf()")

    @property
    def _written_by_sql(self) -> bool:
        return (self.file or "").endswith("postgresql.auto.conf")

    @property
    def _alter(self) -> str:
        inside = f" IN DATABASE {ident(self.database)}" if self.database else ""
        if self.role:
            return f"ALTER ROLE {ident(self.role)}{inside}"
        return f"ALTER DATABASE {ident(self.database)}" if self.database else "ALTER ROLE ALL"

    @property
    def seen(self) -> str:
        """A query with rows as long as it is so; in files only a role that may read them sees it."""
        if self.server:
            lines = f"name = {literal(self.name)} AND setting = {literal(self.value)} AND applied"
            return f"SELECT name FROM pg_file_settings WHERE {lines}"
        role = f"(SELECT oid FROM pg_roles WHERE rolname = {literal(self.role)})" if self.role else "0"
        base = f"(SELECT oid FROM pg_database WHERE datname = {literal(self.database)})" if self.database else "0"
        pair = literal(f"{self.name}={self.value}")
        return f"SELECT {literal(self.name)} FROM pg_db_role_setting WHERE setrole = {role} AND setdatabase = {base} AND {pair} = ANY (setconfig)"


def origins(snapshot: Snapshot, *names: str) -> tuple[Origin, ...]:
    """Every place that gives one of these settings a value, to whoever uses the database that was looked at."""
    settings = snapshot.last("settings", Settings)
    if settings is None:
        return ()
    here = snapshot.server.database if snapshot.server else None
    given = [_given(one) for one in settings.overridden(*names) if one.database in (None, here)]
    return (*given, *_server_wide(snapshot, settings, names))


def nearest(snapshot: Snapshot, user: str | None, *names: str) -> tuple[Origin, ...]:
    """Where a role has these settings from in this database: of several places the one that counts, for each."""
    found: dict[str, Origin] = {}
    for one in sorted(origins(snapshot, *names), key=lambda one: (not one.server, bool(one.role), bool(one.database))):
        if one.role in (None, user):
            found[one.name] = one
    return tuple(found.values())


def _given(one: Override) -> Origin:
    return Origin(one.name, one.value, one.database, one.role)


def _server_wide(snapshot: Snapshot, settings: Settings, names: tuple[str, ...]) -> Iterator[Origin]:
    """What the files say; of a role that may not read them, what a session without limits of its own is given."""
    files, plain = snapshot.last("files", Files), snapshot.last("plain_session", PlainSession)
    seen = {**settings.values, **(plain.values if plain else {})}
    for name in names:
        lines = [one for one in files.lines if one.name == name and one.applied] if files else []
        own = seen.get(name)
        if lines:
            yield Origin(name, lines[-1].value, file=lines[-1].file, line=lines[-1].line)
        elif own is not None and own.source == "configuration file":
            yield Origin(name, _with_unit(own), file=own.file or "a configuration file", line=own.line)


def _with_unit(setting: Setting) -> str:
    if setting.unit and setting.unit[0].isdigit():  # 8kB
        return f"{int(setting.value) * int(setting.unit[0])}{setting.unit[1:]}"
    return setting.value + (setting.unit or "")


def milliseconds(value: str) -> float | None:
    """A length of time as settings have it: 50, 50ms, 2s, 1min."""
    return _quantity(value, _MS)


def kilobytes(value: str) -> float | None:
    """A size as settings have it: 64, 64kB, 4MB."""
    return _quantity(value.lower(), _KB)


def _quantity(value: str, units: dict[str, float]) -> float | None:
    found = _QUANTITY.fullmatch(value)
    if found is None or found[2] not in units:
        return None
    return float(found[1]) * units[found[2]]


def truth(value: str) -> bool:
    """Whether a setting that is on or off is on."""
    word = value.strip().lower()
    return word in ("1", "on") or (bool(word) and ("true".startswith(word) or "yes".startswith(word)))


def in_order(statements: Iterable[str]) -> tuple[str, ...]:
    """Each statement once; what several need, such as a reload, behind the last of them."""
    return tuple(reversed(dict.fromkeys(reversed(list(statements)))))


def gone(snapshot: Snapshot, found: Iterable[Origin]) -> Probe:
    """Green when none of them gives its value any more."""
    chosen = tuple(found)
    if any(one.server for one in chosen) and not _readable(snapshot):
        # that the files were read anew is all that can be seen
        then = literal(snapshot.taken_at.isoformat())
        return Probe(f"SELECT pg_conf_load_time() > {then}::timestamptz AS reloaded", "reloaded = true")
    return Probe(" UNION ALL ".join(one.seen for one in chosen), "rows = 0")


def _readable(snapshot: Snapshot) -> bool:
    files = snapshot.last("files", Files)
    return files is not None and files.readable
