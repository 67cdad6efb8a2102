"""The patient of the demo: a small school app's database on a PostgreSQL of its own, apart from Fireline's store."""

from __future__ import annotations

import secrets
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from fireline.cluster import Cluster
from fireline.cluster.binaries import wheel
from fireline.redact import Secret

DATABASE = "school"
TABLES = ("users", "courses", "assignments", "study_sessions", "admin_actions", "login_history")

_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "50",
    "autovacuum_naptime": "10s",
    "lc_messages": "C",
    "log_lock_waits": "on",
}
_ROLES = """
CREATE ROLE school_owner NOLOGIN;
CREATE ROLE school_app LOGIN PASSWORD {school_app};
CREATE ROLE school_migrate LOGIN PASSWORD {school_migrate} IN ROLE school_owner;
CREATE ROLE fireline LOGIN PASSWORD {fireline} IN ROLE school_owner, pg_monitor, pg_signal_backend;
CREATE ROLE fireline_read LOGIN PASSWORD {fireline_read} IN ROLE pg_monitor, pg_read_all_data;
"""
_LOGINS = ("school_app", "school_migrate", "fireline", "fireline_read")


class School:
    """The cluster and its database: `start` it, `fill` it, `remove` it.

    Roles: school_owner owns and can not log in, school_migrate acts for it, school_app has limited rights and sees
    what row-level security shows it; `fireline` is given to Fireline to act, `fireline_read` to look.
    """

    def __init__(self, folder: Path) -> None:
        self._binaries = wheel()
        self.cluster = Cluster(folder, self._binaries, settings=_SETTINGS, tcp=True, fsync=False)
        self.has_statements = _holds(self.cluster.binaries.folder.parent, "pg_stat_statements.so")
        if self.has_statements:
            self.cluster.settings["shared_preload_libraries"] = "pg_stat_statements"
        self._passwords = {role: Secret(secrets.token_urlsafe(18)) for role in _LOGINS}

    def start(self) -> None:
        """Make and start the cluster, its roles and an empty database."""
        self.cluster.start()
        self.cluster.create_database(DATABASE)
        words = {role: sql.Literal(password.reveal()) for role, password in self._passwords.items()}
        with self._superuser() as conn:
            conn.execute(sql.SQL(_ROLES).format(**words))
            conn.execute(
                "GRANT CREATE ON DATABASE school TO school_owner; GRANT CREATE, USAGE ON SCHEMA public TO school_owner"
            )
            if self.has_statements:
                conn.execute("CREATE EXTENSION pg_stat_statements")

    def fill(self) -> int:
        """Make the tables and their rows; how many rows there are."""
        statements = (files("fireline.demo") / "data" / "school.sql").read_text(encoding="utf-8")
        with self._superuser() as conn, conn.transaction():
            conn.execute("SET LOCAL ROLE school_owner")
            conn.execute(statements.encode())
        with self._superuser() as conn:
            conn.execute("VACUUM ANALYZE")
            if self.has_statements:
                conn.execute("SELECT pg_stat_statements_reset()")
            counts = (conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))) for name in TABLES)
            return sum(int(row[0]) for count in counts if (row := count.fetchone()))

    def dsn(self, role: str) -> Secret:
        """How a role logs in."""
        found = self.cluster.running
        assert found is not None, "the school's database is not running"
        user = f"{role}:{quote(self._passwords[role].reveal(), safe='')}"
        return Secret(f"postgresql://{user}@{found.address}:{found.port}/{DATABASE}")

    def connect(self, role: str, application: str, *, statement_seconds: float = 0, **more: Any) -> psycopg.Connection:
        """A connection as a part of the app would open it."""
        options = f"-c statement_timeout={int(statement_seconds * 1000)}"
        dsn = self.dsn(role).reveal()
        return psycopg.connect(dsn, application_name=application, options=options, connect_timeout=5, **more)

    def has_session(self, pid: int) -> bool:
        """Whether a session with this number exists, asked of the database itself."""
        with self._superuser() as conn:
            return conn.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() is not None

    def waits_for(self, pid: int, blocker: int) -> bool:
        """Whether one session waits for a lock that another holds or has asked for before."""
        with self._superuser() as conn:
            row = conn.execute("SELECT %s = ANY (pg_blocking_pids(%s))", [blocker, pid]).fetchone()
        return bool(row and row[0])

    @property
    def version(self) -> str:
        """The server's version, in its own words."""
        with self._superuser() as conn:
            row = conn.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else "unknown"

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.cluster.remove()

    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.cluster.url(DATABASE), autocommit=True, application_name="school")


def _holds(folder: Path, name: str) -> bool:
    """Whether these programs of PostgreSQL bring a library: the server would not start without one it is told to load."""
    return any(folder.rglob(name))
