"""The server of one drill: made for it alone from a copy, with an application's schema and sessions, removed afterwards."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import make_conninfo

from fireline.cluster import Cluster
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests import servers

PATIENCE = 15.0
SETTINGS = {
    "shared_buffers": "32MB",
    "max_connections": "40",
    "max_prepared_transactions": "5",
    "wal_level": "logical",
    "max_wal_size": "256MB",
    "shared_preload_libraries": "pg_stat_statements",
    "autovacuum_naptime": "1h",
    "track_functions": "all",
    "track_io_timing": "on",
    "logging_collector": "off",
}
PASSWORD = "drill-pw-8472"
Conn = psycopg.Connection[Any]

_words = (
    "invoice",
    "parcel",
    "booking",
    "ledger",
    "visit",
    "reading",
    "ticket",
    "order",
    "shipment",
    "claim",
    "score",
    "memo",
)
_made: dict[Path, Path] = {}
_making = threading.Lock()


def versions() -> dict[int, Path]:
    """Folders of binaries to drill on, by major version."""
    return servers.versions()


class Removable(Protocol):
    """Something that has to go with a place."""

    def remove(self) -> None:
        """Leave nothing of it."""


class Place:
    """One server with one database for an application.

    rng: all that varies between seeds comes from here: names, sizes, timings. table, other: names of two tables.
    """

    def __init__(self, cluster: Cluster, major: int, rng: random.Random, settings: Mapping[str, str]) -> None:
        self.cluster, self.major, self.rng = cluster, major, rng
        self.settings = dict(settings)
        first, second = rng.sample(_words, 2)
        self.table, self.other = f"{first}_{rng.randrange(100)}", f"{second}_{rng.randrange(100)}"
        self.database = f"app_{rng.randrange(1000)}"
        self.role = f"{rng.choice(('web', 'api', 'shop', 'svc'))}_{rng.randrange(100)}"
        self._conns: list[Conn] = []
        self._threads: list[threading.Thread] = []
        self._last: list[Callable[[], None]] = []
        self.stopping = threading.Event()
        self.others: list[Removable] = []  # further servers and the like, removed at the end
        cluster.create_database(self.database)
        self.admin = self.connect(autocommit=True)
        password = servers.hashed_once(PASSWORD)
        self.sql(f"CREATE ROLE {self.role} LOGIN PASSWORD '{password}'")
        self.sql(f"CREATE ROLE watcher LOGIN PASSWORD '{password}' IN ROLE pg_monitor")
        self.sql(f"GRANT CREATE ON SCHEMA public TO {self.role}")

    def rename(self) -> None:
        """Take other names from now on, for what is made next beside what was made before."""
        self.table, self.other = f"{self.table}_b", f"{self.other}_b"

    # -- connections ---------------------------------------------------------------------------------------------

    def dsn(self, role: str | None = None, **more: Any) -> str:
        """How to connect to the application's database: as the superuser, else as a role with the drill's password."""
        url = self.cluster.url(self.database)
        who = {"user": role, "password": PASSWORD} if role else {}
        return make_conninfo(url, **who, **more)

    def target(self, role: str | None = None, **more: Any) -> Target:
        """The same, to be diagnosed. role="watcher" is a member of pg_monitor and nothing else."""
        return Target("main", Secret(self.dsn(role, **more)))

    def connect(
        self, role: str | None = None, *, application: str = "drill", autocommit: bool = False, **more: Any
    ) -> Conn:
        """A session, closed with the place."""
        dsn = self.dsn(role, application_name=application, **more)
        conn = psycopg.connect(dsn, autocommit=autocommit, prepare_threshold=None)
        self._conns.append(conn)
        return conn

    def keep(self, conn: Conn) -> Conn:
        """Close a session of somebody's own making with the place."""
        self._conns.append(conn)
        return conn

    def sql(self, statement: str, *values: Any, conn: Conn | None = None) -> list[Any]:
        """Carry out a statement as the superuser; its rows, if it has any."""
        done = (conn or self.admin).execute(statement.encode(), values or None)
        return done.fetchall() if done.description is not None else []  # a row may have no column

    def idle(self, *statements: str, role: str | None = None, application: str = "worker") -> Conn:
        """A session that runs statements in a transaction and leaves it open."""
        conn = self.connect(role, application=application)
        for statement in statements:
            conn.execute(statement.encode())
        return conn

    def background(
        self, *statements: str, role: str | None = None, application: str = "web", again: bool = False, **more: Any
    ) -> int:
        """A session that runs a transaction in the background, once or over and over; its pid. It shrugs at errors."""
        conn = self.connect(role, application=application, **more)
        pid = conn.info.backend_pid

        def run() -> None:
            while not self.stopping.is_set() and not conn.closed:
                try:
                    for statement in statements:
                        conn.execute(statement.encode())
                    conn.commit()
                except psycopg.Error:
                    with suppress(psycopg.Error):
                        conn.rollback()
                if not again:
                    return

        self.thread(run)
        return pid

    def counted(self) -> None:
        """Have what the superuser did in the counters, which were half a second late before 15."""
        servers.count_now(self.admin)

    def thread(self, run: Callable[[], None]) -> None:
        """Something else that goes on until `stopping` is set."""
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._threads.append(thread)

    def until(self, question: str, *values: Any, seconds: float = PATIENCE) -> None:
        """Wait until a query of the superuser has rows."""
        end = time.monotonic() + seconds
        while not self.sql(question, *values):
            assert time.monotonic() < end, f"never seen: {question}"
            time.sleep(0.02)

    # -- the server ----------------------------------------------------------------------------------------------

    def reload(self, **settings: str | None) -> None:
        """ALTER SYSTEM SET (None: RESET), reload, and wait until a new session sees it."""
        for name, value in settings.items():
            change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
            self.sql(f"ALTER SYSTEM {change}")
        self.sql("SELECT pg_reload_conf()")
        time.sleep(0.1)

    def restart(self, mode: Any = "fast", **settings: str) -> None:
        """Stop (mode "immediate" is a crash) and start, with further lines of configuration."""
        self.stop(mode)
        self.cluster.settings |= settings
        self.cluster.start()
        self.admin = self.connect(autocommit=True)

    def stop(self, mode: Any = "fast") -> None:
        """End all sessions and the server."""
        self.close()
        self.cluster.stop(mode)

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.cluster.folder.data

    @property
    def log(self) -> Path:
        """The server's log, in the format of stderr with the default log_line_prefix."""
        return self.cluster.folder.log

    def finally_(self, act: Callable[[], None]) -> None:
        """Something to be done before the place is closed, whatever comes of the drill; it may fail."""
        self._last.append(act)

    def close(self) -> None:
        """End what was begun; the server goes on."""
        while self._last:
            with suppress(Exception):
                self._last.pop()()
        self.stopping.set()
        with suppress(Exception):
            self.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        for thread in self._threads:
            thread.join(5)
        for conn in self._conns:
            conn.close()
        self._conns, self._threads = [], []
        self.stopping.clear()

    # -- an ordinary application ----------------------------------------------------------------------------------

    def shop(self, rows: int = 2000) -> None:
        """Two ordinary tables of the application's role, the second refers to the first; filled and analysed."""
        with self.connect(self.role, autocommit=True) as conn:
            for statement in (
                f"CREATE TABLE {self.other} (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL, made timestamptz DEFAULT now())",
                f"CREATE TABLE {self.table} (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, {self.other}_id bigint NOT NULL REFERENCES {self.other},"
                " n int NOT NULL DEFAULT 0, state text NOT NULL DEFAULT 'new', note text)",
                f"CREATE INDEX ON {self.table} ({self.other}_id)",
                f"INSERT INTO {self.other} (name) SELECT md5(i::text) FROM generate_series(1, {max(rows // 10, 10)}) i",
                f"INSERT INTO {self.table} ({self.other}_id, n, note) SELECT 1 + i % {max(rows // 10, 10)}, i, md5(i::text) FROM generate_series(1, {rows}) i",
                f"ANALYZE {self.table}",
                f"ANALYZE {self.other}",
            ):
                conn.execute(statement.encode())
        self.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def traffic(self, clients: int = 3) -> None:
        """Ordinary short transactions on the shop, over and over."""
        for number in range(clients):
            self.background(
                f"SELECT * FROM {self.table} WHERE id = {1 + self.rng.randrange(1000)}",
                f"UPDATE {self.table} SET n = n + 1 WHERE id = {1 + number * 7 + self.rng.randrange(5)}",
                "SELECT pg_sleep(0.01)",
                role=self.role, application=f"web-{number}", again=True,
            )  # fmt: skip


@contextmanager
def place(major: int, seed: int | str, settings: Mapping[str, str] | None = None) -> Iterator[Place]:
    """A server of this version for one drill."""
    wanted = SETTINGS | dict(settings or {})
    with servers.private_folder() as folder:
        subprocess.run(["cp", "-a", str(_template(versions()[major])), str(folder / "pg")], check=True)
        cluster = servers.Patient(folder / "pg", versions()[major], settings=wanted, fsync=False)
        made = None
        try:
            made = Place(cluster.start(), major, random.Random(f"{seed}"), wanted)
            yield made
        finally:
            if made is not None:
                made.close()
                for other in made.others:
                    other.remove()
            cluster.remove()


def _template(binaries: Path) -> Path:
    """A stopped cluster to copy, made once in each process."""
    with _making:
        if binaries not in _made:
            keeper = servers.private_folder()
            folder = keeper.__enter__()
            cluster = servers.Patient(folder / "pg", binaries, settings=SETTINGS, fsync=False)
            cluster.start()
            servers.quick_password(cluster)
            cluster.stop()
            _made[binaries] = folder / "pg"
            _keepers.append(keeper)
        return _made[binaries]


_keepers: list[Any] = []


def forget() -> None:
    """Delete the templates."""
    while _keepers:
        _keepers.pop().__exit__(None, None, None)
    _made.clear()
