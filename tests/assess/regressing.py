"""A target whose statements are looked at now and then by a moved clock, and then run by a worse plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fireline import clock
from fireline.assess import history, turns
from fireline.postgres.connect import Target
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Store

EVERY = timedelta(minutes=16)  # so that each counts as before when the next is taken
LOOKS = 4


class Shop:
    """A table with an index, and an application that asks by it."""

    def __init__(self, store: Store, target: Target) -> None:
        self.target = target
        self.database = str(conninfo_to_dict(target.dsn.reveal())["dbname"])
        self.world = World(Settings(), store, {target.name: target}, dict)
        self.sql(
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
            "SELECT pg_stat_statements_reset()",  # what others asked of this server is no part of the story
            "CREATE TABLE parcels (id int PRIMARY KEY, code text NOT NULL, state int NOT NULL, note text)",
            "INSERT INTO parcels SELECT i, 'Key' || i, i % 7, repeat('x', 60) FROM generate_series(1, 20000) i",
            "CREATE INDEX parcels_code_idx ON parcels (code)",
            "VACUUM ANALYZE parcels",
        )

    def sql(self, *statements: str) -> None:
        """Carry out statements as the superuser."""
        with psycopg.connect(self.target.dsn.reveal(), autocommit=True) as conn:
            for statement in statements:
                conn.execute(statement.encode())

    def ask(self, times: int = 20) -> None:
        """What the application does all day."""
        with psycopg.connect(self.target.dsn.reveal(), autocommit=True, prepare_threshold=None) as conn:
            for number in range(times):
                conn.execute("SELECT id, note FROM parcels WHERE code = %s", [f"Key{number + 1}"])

    def look(self) -> None:
        """Look at it as it goes on by itself."""
        history.look_after(self.world, self.target.name)

    @contextmanager
    def later(self, looks: int) -> Iterator[None]:
        """So many looks later."""
        with clock.moved(looks * EVERY):
            yield

    def pass_by(self, looks: int = LOOKS, ask: Callable[[], None] | None = None) -> None:
        """An hour of ordinary work."""
        for number in range(looks):
            with self.later(number):
                (ask or self.ask)()
                self.look()


@pytest.fixture
def shop(store: Store, target: Target, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """On each version; a look is never that of a moment ago, since only our clock is moved."""
    monkeypatch.setattr(turns, "FRESH_SECONDS", -1.0)
    return Shop(store, target)
