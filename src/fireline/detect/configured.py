"""How a server is set: read at a look, and what is different from the look before. Secrets are only ever compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fireline import redact
from fireline.postgres.connect import Connection

LONGEST = 200  # characters of a value that are shown

# [value as shown, a mark by which it is compared, whether it waits for a restart, where it is set]
Kept = list[Any]

# What our own session sets is read from the files, where our role may; what belongs to this session is left out.
# A value that a database or a role has of its own is in the overrides.
_SETTINGS = """
SELECT name, CASE WHEN unit IS NULL THEN setting ELSE pg_catalog.current_setting(name) END AS value, pending_restart,
    CASE WHEN source = 'configuration file' THEN coalesce(sourcefile || ':' || sourceline, 'a configuration file') ELSE '' END AS place
FROM pg_catalog.pg_settings
WHERE source NOT IN ('client', 'session', 'database', 'user', 'database user', 'interactive', 'test')
  AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable', 'is_superuser',
                   'session_authorization', 'role', 'application_name', 'client_encoding')
"""
_MAY_READ_FILES = "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') AS may"
_OURS = """
SELECT DISTINCT ON (s.name) s.name, coalesce(f.setting, 'not set') AS value, s.pending_restart,
    coalesce(f.sourcefile || ':' || f.sourceline, '') AS place
FROM pg_catalog.pg_settings s LEFT JOIN pg_catalog.pg_file_settings f ON f.name = s.name AND f.applied
WHERE s.source IN ('client', 'session') AND s.name NOT LIKE 'fireline.%' AND s.name NOT IN ('application_name', 'client_encoding')
ORDER BY s.name, f.seqno DESC
"""
_OVERRIDES = """
SELECT split_part(pair, '=', 1) AS name, substr(pair, strpos(pair, '=') + 1) AS value, r.rolname AS role, d.datname AS database
FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS pair
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
WHERE d.oid IS NULL OR d.datname = pg_catalog.current_database() ORDER BY 1 LIMIT 2000
"""
_SECRET = re.compile(r"(?i)secret|token|passw|key|credential")  # of a setting that an application made for itself


@dataclass(frozen=True)
class News:
    """One setting that is different. loaded: it came by a configuration file, so not after this was read last."""

    title: str
    detail: str
    loaded: bool = False


def settings(conn: Connection) -> dict[str, Kept]:
    """Every setting of the server by name, as a new session of nobody in particular would have it."""
    rows = conn.execute(_SETTINGS).fetchall()
    may = conn.execute(_MAY_READ_FILES).fetchone()
    if may and may["may"]:
        rows += conn.execute(_OURS).fetchall()
    return {row["name"]: [*_kept(row["name"], row["value"]), row["pending_restart"], row["place"]] for row in rows}


def overrides(conn: Connection) -> dict[str, Kept]:
    """What roles and this database have of their own: `work_mem of role app`."""
    found = {}
    for row in conn.execute(_OVERRIDES).fetchall():
        whose = [f"role {row['role']}"] if row["role"] else []
        whose += [f"database {row['database']}"] if row["database"] else []
        found[f"{row['name']} of {' in '.join(whose) or 'everybody'}"] = [*_kept(row["name"], row["value"]), False, ""]
    return found


def _kept(name: str, value: str) -> tuple[str, str]:
    """The value as it is shown, and its mark: too short for a secret to be found by it."""
    shown = redact.MASK if "." in name and _SECRET.search(name) else redact.text(value)
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
    return shown, hashlib.sha256(value.encode(errors="replace")).hexdigest()[:5]


def different(before: Mapping[str, Kept], now: Mapping[str, Kept]) -> Iterator[News]:
    """Settings of the server that both looks saw, and that are different."""
    for name in sorted(before.keys() & now.keys()):
        was, place = before[name], str(now[name][3])
        if was[1] != now[name][1]:
            yield News(_title(name, was, now[name]), place, bool(place or was[3]))
        if now[name][2] and not was[2]:
            yield News(f"{name} was changed in the configuration and waits for a restart", place, loaded=True)


def different_overrides(before: Mapping[str, Kept], now: Mapping[str, Kept]) -> Iterator[News]:
    """What roles and the database have of their own, and had not, or have no more."""
    for name in sorted(before.keys() | now.keys()):
        was, new = before.get(name), now.get(name)
        if was is None or new is None or was[1] != new[1]:
            yield News(_title(name, was, new), "")


def _title(name: str, was: Kept | None, now: Kept | None) -> str:
    old, new = _value(was), _value(now)
    return f"{name} is {new}, before {old}" if old != new else f"{name} is another one than before ({new})"


def _value(kept: Kept | None) -> str:
    return "not set" if kept is None else str(kept[0]) or "empty"
