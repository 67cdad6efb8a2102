"""The parts of a target's state, each one question to its catalogs; which of them need its own database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import psycopg

from fireline.postgres import migrations_seen
from fireline.postgres.connect import Connection, identity
from fireline.redact import MASK
from fireline.store.connect import queries

Q = queries("fireline.contain")

MOST_TABLES = 2_000
MOST_SESSIONS = 200
MOST_LINES = 1_000
LAST_MIGRATIONS = 5

Part = Callable[[Connection], Any]


def _rows(query: str, **values: Any) -> Part:
    def part(conn: Connection) -> list[dict[str, Any]]:
        return [dict(row) for row in conn.execute(query, values or None).fetchall()]

    return part


def _by(key: str, query: str) -> Part:
    """Rows as a mapping, by one of their columns."""

    def part(conn: Connection) -> dict[str, Any]:
        return {row.pop(key): row for row in map(dict, conn.execute(query).fetchall())}

    return part


def _server(conn: Connection) -> dict[str, Any]:
    return {**(conn.execute(Q["server"]).fetchone() or {}), "identity": identity(conn).json()}


def _settings(conn: Connection) -> dict[str, Any]:
    """What is set, by name; of what waits for a restart also the value that waits, where our role may see it."""
    found: dict[str, Any] = _by("name", Q["settings"])(conn)
    try:
        found |= _by("name", Q["file_settings"])(conn)
        if any(one["pending_restart"] for one in found.values()):
            for row in conn.execute(Q["waiting_settings"]).fetchall():
                found.setdefault(row["name"], {})["waits"] = row["value"]
    except psycopg.errors.InsufficientPrivilege:
        pass  # `partly` says what is missing
    return dict(sorted(found.items()))


def _schema(conn: Connection) -> dict[str, Any]:
    """Every object with its hash, and one fingerprint over them all."""
    parts: dict[str, dict[str, str]] = {}
    for row in conn.execute(Q["schema"]).fetchall():
        parts.setdefault(row["part"], {})[row["name"]] = row["hash"]
    whole = hashlib.sha256()
    for part, objects in sorted(parts.items()):
        for name, digest in sorted(objects.items()):
            whole.update(f"{part}\0{name}\0{digest}\n".encode())
    return {
        "fingerprint": whole.hexdigest(),
        "counts": {part: len(objects) for part, objects in sorted(parts.items())},
        # in pairs and not by name: a table called api_token must not have its hash masked as if it were the token
        "objects": {part: [[name, digest] for name, digest in objects.items()] for part, objects in parts.items()},
    }


def _sizes(conn: Connection) -> dict[str, Any]:
    rows = [dict(row) for row in conn.execute(Q["sizes"], {"most": MOST_TABLES + 1}).fetchall()]
    return {
        "how": "PostgreSQL's estimates: rows as counted by the statistics, bytes as of the last vacuum or analyze",
        "tables": {row.pop("name"): row for row in rows[:MOST_TABLES]},
        "more": len(rows) > MOST_TABLES,  # only the largest are here
    }


def _connections(conn: Connection) -> dict[str, Any]:
    return dict(conn.execute(Q["connections"], {"most": MOST_SESSIONS}).fetchone() or {})


def _access_rules(conn: Connection) -> list[dict[str, Any]]:
    """The lines of pg_hba.conf, without the passwords that some methods have among their options."""
    rules = [row["rule"] for row in conn.execute(Q["access_rules"], {"most": MOST_LINES}).fetchall()]
    for rule in rules:
        rule["options"] = [_masked(option) for option in rule.get("options") or ()]
    return rules


def _masked(option: str) -> str:
    name, _, _ = option.partition("=")
    return f"{name}={MASK}" if "passw" in name or "secret" in name else option


def _migrations(conn: Connection) -> dict[str, Any]:
    """The last lines of each table in which a migration tool keeps its notes; a locked one is passed over and said to be."""
    found: dict[str, Any] = {}
    for table in migrations_seen.tables(conn):
        try:
            with conn.transaction():
                found[table.full] = migrations_seen.last(conn, table, LAST_MIGRATIONS)
        except psycopg.Error as fault:
            found[table.full] = f"not read: {fault.diag.message_primary or fault}"
    return found


def _jobs(conn: Connection) -> dict[str, Any]:
    """What pg_cron runs, where it keeps its jobs here; `elsewhere` names the database that they are kept in."""
    place = conn.execute(Q["cron_place"]).fetchone() or {}
    if not place["here"]:
        return {"jobs": {}, "elsewhere": place["elsewhere"]}
    rows = conn.execute(Q["cron_jobs"], {"most": MOST_LINES}).fetchall()
    return {"jobs": {row["name"]: row["job"] for row in rows}, "elsewhere": None}


PARTS: dict[str, Part] = {
    "server": _server,
    "settings": _settings,
    "file_faults": _rows(Q["file_faults"]),
    "overrides": _rows(Q["overrides"]),
    "databases": _by("name", Q["databases"]),
    "tablespaces": _by("name", Q["tablespaces"]),
    "roles": _by("name", Q["roles"]),
    "memberships": _rows(Q["memberships"]),
    "access_rules": _access_rules,
    "connections": _connections,
    "sessions": _rows(Q["sessions"], most=MOST_SESSIONS),
    "locks": _rows(Q["locks"]),
    "waiting": _rows(Q["waiting"], most=MOST_SESSIONS),
    "held": _rows(Q["held"], most=MOST_SESSIONS),
    "prepared": _rows(Q["prepared"]),
    "standbys": _rows(Q["standbys"]),
    "receiver": _rows(Q["receiver"]),
    "slots": _by("name", Q["slots"]),
    "subscriptions": _by("name", Q["subscriptions"]),
    "publications": _by("name", Q["publications"]),
    "extensions": _by("name", Q["extensions"]),
    "schema": _schema,
    "migrations": _migrations,
    "jobs": _jobs,
    "sizes": _sizes,
    "database_sizes": _by("name", Q["database_sizes"]),
}
OF_THE_DATABASE = ("held", "subscriptions", "publications", "extensions", "schema", "migrations", "jobs", "sizes")


def partly(conn: Connection) -> dict[str, str]:
    """What of the parts our role can not see, in words."""
    sight = conn.execute(Q["sight"]).fetchone()
    assert sight is not None
    found = {}
    if not sight["settings"]:
        found["settings"] = "files, lines and some settings are for members of pg_read_all_settings"
    elif not sight["files"]:
        found["settings"] = (
            f"our own session hides {', '.join(sight['ours'])}; the files are for superusers" if sight["ours"] else ""
        )
    if not sight["sessions"]:
        found["sessions"] = "what other roles' sessions do is for members of pg_read_all_stats"
    return {part: words for part, words in found.items() if words}
