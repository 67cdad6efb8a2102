"""A database in use with everything that may stand on one, and a restored one beside it, as a restore leaves it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.postgres.connect import Target
from fireline.recovery.swapping.standing import Standing, look
from fireline.redact import Secret
from fireline.store.connect import Store

_numbers = count(1)
PASSWORD = "swordfish-of-the-app"


@dataclass
class Scene:
    """live, side: names of the databases. owner, app, reader: roles. restore: the number of the restore's row."""

    store: Store
    target: Target
    url: str
    live: str
    side: str
    token: str
    owner: str
    app: str
    reader: str
    restore: int = 0
    _made: list[str] = field(default_factory=list)

    def outside(self, statement: str | sql.Composed, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement as superuser from another database; its rows."""
        return self.inside("postgres", statement, *values)

    def inside(self, database: str, statement: str | sql.Composed, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement as superuser in a database; its rows."""
        with psycopg.connect(make_conninfo(self.url, dbname=database), autocommit=True) as conn:
            done = conn.execute(statement, values or None)
            return done.fetchall() if done.description else []

    def app_dsn(self, database: str | None = None) -> str:
        """How the application connects."""
        return make_conninfo(
            self.url, dbname=database or self.live, user=self.app, password=PASSWORD, connect_timeout=5
        )

    def standing(self, name: str) -> Standing | None:
        """What stands on a database."""
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row, dbname="postgres") as conn:
            return look(conn, name)

    def there(self, name: str) -> Standing:
        """The same of one that must be there."""
        found = self.standing(name)
        assert found is not None, f"no database {name}"
        return found

    def row(self) -> dict[str, Any]:
        """The restore's row."""
        with self.store.transaction() as conn:
            found = conn.execute("SELECT * FROM restore WHERE id = %s", [self.restore]).fetchone()
        assert found is not None
        return dict(found)

    def orders(self, database: str | None = None) -> list[int]:
        """The orders in a database, in order, whether or not it lets anybody in."""
        name = database or self.live
        with _opened(self, name):
            return [row[0] for row in self.inside(name, "SELECT id FROM orders ORDER BY id")]


@contextmanager
def _opened(scene: Scene, name: str) -> Iterator[None]:
    """A kept database lets nobody in; a test looks all the same."""
    was = scene.there(name)
    it = sql.Identifier(name)
    if not was.allows:
        scene.outside(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(it))
    yield
    if not was.allows:
        scene.outside(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(it))


@contextmanager
def scene(
    store: Store, target: Target, *, name: str | None = None, state: str = "passed", plain: bool = False
) -> Iterator[Scene]:
    """Both databases on the target's server; dropped at the end, with their roles.

    plain: nothing stands on the database in use but its owner and data.
    """
    number = f"{next(_numbers)}_{secrets.token_hex(2)}"
    live = f"{name or 'app'}{number}"
    side = f"{live}_restored"
    token = secrets.token_hex(8)
    owner, app, reader = (f"{kind}{number}" for kind in ("Owner of ", "app", "reader"))
    url = target.dsn.reveal()
    made = Scene(
        store, replace(target, dsn=Secret(make_conninfo(url, dbname=live))), url, live, side, token, owner, app, reader
    )
    try:
        _make(made, plain=plain)
        _remember(made, state)
        yield made
    finally:
        _remove(made)


def _make(scene: Scene, *, plain: bool) -> None:
    words = {"live": scene.live, "side": scene.side, "owner": scene.owner, "app": scene.app, "reader": scene.reader}
    made: dict[str, sql.Composable] = {key: sql.Identifier(value) for key, value in words.items()}
    made |= {"password": sql.Literal(PASSWORD), "comment": sql.Literal(f"fireline restore {scene.token}")}
    statements = [*_ROLES, *_DATABASES, *([] if plain else _STANDING)]
    with psycopg.connect(scene.url, autocommit=True) as conn:
        for statement in statements:
            conn.execute(sql.SQL(statement).format(**made))
    for database, orders in ((scene.live, 10), (scene.side, 7)):
        with psycopg.connect(make_conninfo(scene.url, dbname=database)) as conn:
            conn.execute(sql.SQL("SET ROLE {}").format(made["owner"]))
            conn.execute("CREATE TABLE orders (id bigint PRIMARY KEY, what text)")
            conn.execute("INSERT INTO orders SELECT n, 'order ' || n FROM generate_series(1, %s) AS n", [orders])
            conn.execute(sql.SQL("GRANT SELECT, INSERT ON orders TO {}").format(made["app"]))


_ROLES = (
    "CREATE ROLE {owner}",
    "CREATE ROLE {app} LOGIN PASSWORD {password}",
    "CREATE ROLE {reader} LOGIN PASSWORD {password}",
)
_DATABASES = (
    "CREATE DATABASE {live} OWNER {owner} STRATEGY file_copy",
    "CREATE DATABASE {side} OWNER {owner} STRATEGY file_copy",
    "COMMENT ON DATABASE {side} IS {comment}",
)
_STANDING = (
    "COMMENT ON DATABASE {live} IS 'the shop''s own'",
    "REVOKE ALL ON DATABASE {live} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {live} TO {app} WITH GRANT OPTION",
    "SET ROLE {app}",
    "GRANT CONNECT ON DATABASE {live} TO {reader}",
    "RESET ROLE",
    "GRANT TEMPORARY ON DATABASE {live} TO {app}",
    "ALTER DATABASE {live} CONNECTION LIMIT 40",
    """ALTER DATABASE {live} SET search_path TO "$user", public, 'Odd "one, here'""",
    "ALTER DATABASE {live} SET work_mem TO '7777kB'",
    "ALTER DATABASE {live} SET DateStyle TO 'ISO, DMY'",
    "ALTER DATABASE {live} SET shop.motto TO 'it''s = open, \"always\"'",
    "ALTER DATABASE {live} SET temp_tablespaces TO ''",
    "ALTER ROLE {app} IN DATABASE {live} SET statement_timeout TO '3s'",
    "ALTER ROLE {app} IN DATABASE {live} SET search_path TO public",
    "ALTER DATABASE {side} SET work_mem TO '1MB'",
    "ALTER ROLE {reader} IN DATABASE {side} SET jit TO off",
)


def _remember(scene: Scene, state: str) -> None:
    with scene.store.transaction() as conn:
        row = conn.execute(
            "INSERT INTO restore (target, source, database, beside, token, state, begun_at, ended_at, snapshot_at, report, by)"
            " VALUES (%s, 'main-20261123-120000', %s, %s, %s, %s, %s, %s, %s, %s, 'ada') RETURNING id",
            [scene.target.name, scene.live, scene.side, scene.token, state, clock.now(), clock.now(),
             clock.now() - timedelta(hours=3), Jsonb({"verdict": state})],
        ).fetchone()  # fmt: skip
    assert row is not None
    scene.restore = row["id"]


def _remove(scene: Scene) -> None:
    with psycopg.connect(make_conninfo(scene.url, dbname="postgres"), autocommit=True) as conn:
        names = conn.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [scene.live]).fetchall()
        for (name,) in [*names, (scene.side,)]:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        for role in (scene.reader, scene.app, scene.owner):
            with suppress(psycopg.errors.UndefinedObject):
                conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
