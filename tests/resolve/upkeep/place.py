"""A database that wants tending: each kind of work made for real, and the remedy as the engine calls it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from fireline.postgres.connect import Target
from fireline.resolve.remedies.optimize import Optimize, remedy
from fireline.run.remedy import Plan
from tests.hand import hand
from tests.servers import count_now


@contextmanager
def owner(target: Target) -> Iterator[psycopg.Connection[Any]]:
    """The team's own hands."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        yield conn


def run(target: Target, *statements: str) -> None:
    """Run statements as the owner; what each did is in the counters before the next begins."""
    with owner(target) as conn:
        for statement in statements:
            conn.execute(statement.encode())
            count_now(conn)


def value(target: Target, question: str) -> Any:
    """The first column of the first row; None without rows."""
    with owner(target) as conn:
        row = conn.execute(question.encode()).fetchone()
    return row[0] if row else None


def planned(target: Target, **parameters: Any) -> Plan:
    """The plan, as it comes back from the store."""
    plan = remedy.plan(target, Optimize(**parameters), hand())
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def parts(plan: Plan) -> dict[str, dict[str, Any]]:
    """The parts of a plan by what they do."""
    return {part["what"]: part for part in plan.captured["parts"]}


def left_out(plan: Plan) -> dict[str, str]:
    """What is left out, and why."""
    return {one["what"]: one["why"] for one in plan.captured["left_out"]}


def suggested(plan: Plan) -> dict[str, str]:
    """What is suggested, and its statement."""
    return {one["what"]: one["statement"] for one in plan.captured["suggestions"]}


def stale(target: Target, name: str = "orders", rows: int = 2000) -> None:
    """A table with rows and no statistics."""
    run(
        target,
        f"CREATE TABLE {name} (id int PRIMARY KEY, n int) WITH (autovacuum_enabled = false)",
        f"INSERT INTO {name} SELECT i, i FROM generate_series(1, {rows}) AS i",
    )


def dead(target: Target, name: str = "orders", rows: int = 2000) -> None:
    """A table most of whose rows are dead, analyzed since."""
    stale(target, name, rows)
    run(target, f"VACUUM {name}", f"DELETE FROM {name} WHERE id % 10 <> 0", f"ANALYZE {name}")


def invalid(target: Target, name: str = "orders", index: str = "orders_n") -> None:
    """An index that CREATE INDEX CONCURRENTLY could not finish."""
    with owner(target) as conn:
        conn.execute(f"INSERT INTO {name} VALUES (-1, -7), (-2, -7)".encode())
        try:
            conn.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {name} (n)".encode())
        except psycopg.errors.UniqueViolation:
            conn.execute(f"DELETE FROM {name} WHERE id = -1".encode())


def slow(target: Target, seconds: float = 4.0) -> None:
    """An invalid index whose rebuild takes a while, since it asks a function that sleeps for each row."""
    each = seconds / 100
    run(
        target,
        "CREATE TABLE readings (id int) WITH (autovacuum_enabled = false)",
        "INSERT INTO readings SELECT generate_series(1, 100)",
        "CREATE FUNCTION crawl(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN i; END'",
        "CREATE INDEX readings_crawl ON readings (crawl(id))",
        "CREATE OR REPLACE FUNCTION crawl(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        f" 'BEGIN PERFORM pg_sleep({each}); RETURN i; END'",
        "ANALYZE (SKIP_LOCKED) readings (id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'readings_crawl'::regclass",
    )


def indexes(target: Target, table: str) -> dict[str, bool]:
    """The indexes of a table, and whether each is valid."""
    with owner(target) as conn:
        found = conn.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = %s::regclass ORDER BY 1",
            [table],
        ).fetchall()
    return dict(found)


def until_caught_up(target: Target) -> None:
    """Wait until the only standby has replayed what the primary wrote."""
    with owner(target) as conn:
        end = time.monotonic() + 15
        while (
            conn.execute("SELECT FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()").fetchone() is None
        ):
            assert time.monotonic() < end, "the standby does not follow"
            time.sleep(0.05)
