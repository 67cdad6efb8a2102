"""A target with a small school in it, and settings whose folders are a test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target
from fireline.run.remedy import Outcome, Plan, Remedy
from fireline.settings import Recovery, Settings, StoreSettings
from fireline.store.connect import Store
from tests.hand import hand

USERS = 500
SCHOOL = (
    "CREATE TYPE mood AS ENUM ('glad', 'sad')",
    "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, mood mood, joined timestamptz NOT NULL DEFAULT '2026-01-01 00:00+00')",
    f"INSERT INTO users SELECT i, 'user ' || i, (ARRAY['glad', 'sad'])[1 + i % 2]::mood FROM generate_series(1, {USERS}) i",
    "CREATE TABLE assignments (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL REFERENCES users, points numeric(6, 2))",
    f"INSERT INTO assignments (user_id, points) SELECT i, i / 7.0 FROM generate_series(1, {USERS}) i",
    "CREATE INDEX ON assignments (user_id)",
    "CREATE VIEW glad AS SELECT name FROM users WHERE mood = 'glad'",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON users USING (name = current_user)",
)


@contextmanager
def owner(target: Target, database: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who may do everything, in the target's database or another one."""
    dsn = make_conninfo(target.dsn.reveal(), **({"dbname": database} if database else {}))
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield conn


def school(target: Target) -> None:
    """Fill it."""
    with owner(target) as conn:
        for statement in SCHOOL:
            conn.execute(statement.encode())


def count(target: Target, table: str = "users", database: str | None = None) -> int:
    """Rows of a table."""
    with owner(target, database) as conn:
        row = conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def databases(target: Target) -> set[str]:
    """The databases of the server."""
    with owner(target, "postgres") as conn:
        return {row[0] for row in conn.execute("SELECT datname FROM pg_database")}


def settings_in(folder: Path, **more: Any) -> Settings:
    """Settings that keep everything in one folder."""
    recovery = Recovery(folder=folder / "backups", key=folder / "key", **more)
    return Settings(recovery=recovery, store=StoreSettings(folder=folder / "own"))


class Doer:
    """Calls remedies as the engine does: the plan goes through JSON before it is carried out."""

    def __init__(self, target: Target, store: Store, settings: Settings) -> None:
        self.target, self.store, self.settings = target, store, settings

    @property
    def hand(self) -> Any:
        """What it has at hand."""
        return hand(self.store, self.settings)

    def plan(self, remedy: Remedy, **told: Any) -> Plan:
        """Its plan."""
        made = remedy.plan(self.target, remedy.parameters.model_validate(told), self.hand)
        return replace(made, captured=json.loads(json.dumps(made.captured)))

    def do(self, remedy: Remedy, plan: Plan | None = None, **told: Any) -> tuple[Plan, Outcome]:
        """Plan and do."""
        made = plan or self.plan(remedy, **told)
        return made, remedy.do(self.target, made, self.hand)

    def works(self, remedy: Remedy, plan: Plan) -> bool | None:
        """Whether it worked, by its own probe."""
        return remedy.verify(self.target, plan, self.hand).ok

    def undo(self, remedy: Remedy, plan: Plan) -> Outcome:
        """Put it back."""
        assert remedy.undo is not None
        return remedy.undo(self.target, plan, self.hand)
