"""An application with a role of its own that writes without pause and comes back at once when it is thrown out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import rows
from fireline.recovery.fence.closing import closed
from fireline.redact import Secret
from fireline.store.connect import Store

PASSWORD = "open-sesame-42"


@dataclass
class Shop:
    """The application, its target, and what it has written."""

    target: Target  # as Fireline knows it: with the application's connection
    role: str
    dsn: str  # the application's
    clients: list[Client] = field(default_factory=list)

    @property
    def database(self) -> str:
        return database_of(self.target)

    def rows(self) -> int:
        """What is in its table, seen past any fence that a superuser passes."""
        with psycopg.connect(self.target.dsn.reveal()) as conn:
            row = conn.execute("SELECT count(*) FROM orders").fetchone()
        assert row is not None
        return int(row[0])

    def commits(self) -> int:
        """What its clients were told is committed."""
        return sum(client.commits for client in self.clients)


class Client(threading.Thread):
    """One session after another, each writing as fast as it can."""

    def __init__(self, dsn: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.dsn = make_conninfo(dsn, application_name=name, connect_timeout=3)
        self.commits = 0
        self.read_only = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(self.dsn, autocommit=True) as conn:
                self._write(conn)
            time.sleep(0.002)

    def _write(self, conn: psycopg.Connection[Any]) -> None:
        while not self.over.is_set():
            try:
                conn.execute("INSERT INTO orders DEFAULT VALUES")
            except psycopg.errors.ReadOnlySqlTransaction:
                self.read_only += 1
                time.sleep(0.005)
            else:
                self.commits += 1


@contextmanager
def shop(target: Target, *, clients: int = 2, role: str = "", **more: Any) -> Iterator[Shop]:
    """A table, a role that is no superuser, and clients that write; the role is dropped afterwards."""
    name = role or f"app_{database_of(target)}"
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD)))
        conn.execute(
            "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT now())"
        )
        conn.execute(sql.SQL("GRANT ALL ON orders TO {}").format(sql.Identifier(name)))
    dsn = make_conninfo(target.dsn.reveal(), user=name, password=PASSWORD)
    known = replace(target, **{"application_dsn": Secret(dsn), **more})
    running = Shop(known, name, dsn, [Client(dsn, f"shop {number}") for number in range(clients)])
    for client in running.clients:
        client.start()
    try:
        if clients:
            until(lambda: running.commits() > 5)
        yield running
    finally:
        for client in running.clients:
            client.over.set()
        for client in running.clients:
            client.join(10)
        _forget(target, name)


def _forget(target: Target, role: str) -> None:
    with psycopg.connect(make_conninfo(target.dsn.reveal(), dbname="postgres"), autocommit=True) as conn:
        name = sql.Identifier(database_of(target))
        conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
        conn.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
        conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def until(what: Any, seconds: float = 15.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def state_of(target: Target) -> dict[str, Any]:
    """Everything that a fence may touch, to the letter."""
    with psycopg.connect(make_conninfo(target.dsn.reveal(), dbname="postgres"), row_factory=dict_row) as conn:
        name = database_of(target)
        return {
            "database": conn.execute(
                "SELECT datconnlimit, datallowconn, datacl::text, datdba, oid FROM pg_database WHERE datname = %s",
                [name],
            ).fetchone(),
            "settings": conn.execute(
                "SELECT setdatabase, setrole, setconfig::text FROM pg_db_role_setting ORDER BY 1, 2"
            ).fetchall(),
            "roles": conn.execute(
                "SELECT rolname, rolcanlogin, rolconnlimit, rolsuper FROM pg_roles ORDER BY 1"
            ).fetchall(),
            "subscriptions": conn.execute("SELECT subname, subenabled FROM pg_subscription ORDER BY 1").fetchall(),
        }


def gets_in(dsn: str) -> bool:
    """Whether a connection is let in."""
    try:
        psycopg.connect(dsn, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def swap_that_died(store: Store, target: Target, name: str) -> Iterator[None]:
    """A database closed for a swap by one who lost its lock, as by the death of its process."""
    one = closed(store, target, name, seconds=30, by="ada", reason="a swap")
    one.__enter__()
    rows.break_lock(store, target.name)
    yield
    with suppress(psycopg.Error):
        one.__exit__(None, None, None)
