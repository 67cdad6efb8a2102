"""A database and its twin on one server: the twin is how the database was when it was made, as a restore would be."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from fireline.postgres.connect import Target, database_of
from fireline.postgres.watch import Watch
from fireline.recovery.differing import difference
from fireline.store.connect import Store


@dataclass
class Twins:
    """live: the database with the present state. side: the one that is as it was."""

    target: Target
    live: str
    side: str

    def sql(self, statements: str, *, database: str | None = None, values: Any = None) -> list[dict[str, Any]]:
        """Run statements in one of them, the present one if none is named; the rows of the last."""
        dsn = psycopg.conninfo.make_conninfo(self.target.dsn.reveal(), dbname=database or self.live)
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as conn:
            cursor = conn.execute(statements, values)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def part(self) -> None:
        """Make the twin: what comes afterwards is done to one of them."""
        self.sql(f"CREATE DATABASE {self.side} TEMPLATE {self.live}", database="postgres")

    def compared(self, since: datetime | None = None, **more: Any) -> dict[str, Any]:
        """Their difference."""
        return difference.between(self.target, self.live, self.side, snapshot_at=since, watch=Watch(), **more)

    def says(self, part: str, since: datetime | None = None) -> list[str]:
        """The sentences of one list."""
        return [one["says"] for one in self.compared(since)[part]]

    def row(self, store: Store, state: str = "swapped") -> int:
        """The row of a restore whose swap put the twin in the place of the database; or which stands beside it."""
        swapped = state == "swapped"
        with store.transaction() as conn:
            made = conn.execute(
                "INSERT INTO restore (target, source, database, beside, token, state, begun_at, snapshot_at, kept, by)"
                " VALUES (%s, 'b', %s, %s, %s, %s, %s, %s, %s, 'ada') RETURNING id",
                [self.target.name, self.side if swapped else self.live, f"{self.side}_was" if swapped else self.side,
                 uuid.uuid4().hex, state, datetime.now(UTC), datetime.now(UTC), self.live if swapped else None],
            ).fetchone()  # fmt: skip
        assert made is not None
        return int(made["id"])


@contextmanager
def twins(target: Target) -> Iterator[Twins]:
    """A fresh pair, not parted yet."""
    live = database_of(target)
    made = Twins(target, live, f"{live}_restored")
    try:
        yield made
    finally:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(made.side))
        with psycopg.connect(
            psycopg.conninfo.make_conninfo(target.dsn.reveal(), dbname="postgres"), autocommit=True
        ) as conn:
            conn.execute(drop)
