"""The check of a foreign key beside its floor (reading every key of the child once) and VALIDATE CONSTRAINT, in one run.

python -m bench.integrity [--rows 1000000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.place import median
from fireline.assess import foreign_keys
from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.checks.foreign_keys import foreign_keys as declared
from fireline.assess.index_proof import amcheck, by_amcheck
from fireline.assess.orphan_rows import count
from fireline.cluster import Cluster
from fireline.postgres.connect import Target, connect
from fireline.redact import Secret

ORPHANS = 37
LIMIT = timedelta(minutes=10)
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "autovacuum": "off"}


def fill(url: str, rows: int, indexed: bool) -> None:
    """A child of so many rows and a parent of a third, vacuumed; some rows refer to nothing."""
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in (
            "DROP TABLE IF EXISTS child, parent",
            "CREATE TABLE parent (id bigint PRIMARY KEY, name text)",
            "CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint NOT NULL, n int, note text)",
            f"INSERT INTO parent SELECT i, md5(i::text) FROM generate_series(1, {rows // 3}) i",
            f"INSERT INTO child SELECT i, 1 + (i * 7919) % {rows // 3}, i, 'x' FROM generate_series(1::bigint, {rows}) i",
            f"INSERT INTO child SELECT {rows} + i, {rows} + i, i, 'x' FROM generate_series(1::bigint, {ORPHANS}) i",
            *(["CREATE INDEX ON child (parent_id)"] if indexed else []),
            "ALTER TABLE child ADD CONSTRAINT kept FOREIGN KEY (parent_id) REFERENCES parent NOT VALID",
            "VACUUM ANALYZE parent",
            "VACUUM ANALYZE child",
            "CREATE EXTENSION IF NOT EXISTS amcheck",
        ):
            conn.execute(statement.encode())


def seconds(act: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def once(target: Target, floors: psycopg.Connection[Any], *, clean: bool) -> dict[str, float]:
    """Each once, one after the other, so that all see the same machine."""
    with connect(target, statement_timeout=LIMIT) as conn:
        conn.read_only = True
        key = declared(conn).keys[0]
        schema, _ = amcheck(conn)
        conn.rollback()
        assert schema is not None
        times = {"floor": seconds(lambda: floors.execute("SELECT count(parent_id) FROM child"))}
        times["check"] = seconds(lambda: _counted(conn, key, 0 if clean else ORPHANS))
        times["planner"] = seconds(lambda: floors.execute(foreign_keys.count_statement(key).encode()))
        times["proof"] = seconds(lambda: by_amcheck(conn, schema, key.parent_index_oid or 0))
        conn.rollback()
    return times


def _counted(conn: psycopg.Connection[Any], key: ForeignKey, expected: int) -> None:
    found = count(conn, key, limit=LIMIT)
    assert found.orphans == expected, found


def measure(rows: int, rounds: int) -> dict[str, Any]:
    """Medians over the rounds, and their ratios; with and without an index on the child's columns."""
    with tempfile.TemporaryDirectory(prefix="flb-") as name:
        cluster = Cluster(Path(name) / "pg", settings=SETTINGS)
        try:
            cluster.start()
            url = cluster.create_database("bench")
            return {
                "rows": rows,
                "indexed": _side(url, rows, rounds, indexed=True),
                "not_indexed": _side(url, rows, rounds, indexed=False),
            }
        finally:
            cluster.remove()


def _side(url: str, rows: int, rounds: int, *, indexed: bool) -> dict[str, Any]:
    fill(url, rows, indexed)
    target = Target("bench", Secret(url))
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET max_parallel_workers_per_gather = 0")  # of the floor: one reader
        broken = once(target, conn, clean=False)
        conn.execute(f"DELETE FROM child WHERE id > {rows}".encode())
        conn.execute("VACUUM child")
        runs = [once(target, conn, clean=True) for _ in range(rounds)]
        found = {name: median([run[name] for run in runs]) for name in runs[0]}
        validate = median([seconds(lambda: _validate(conn)) for _ in range(rounds)])
    told: dict[str, Any] = {f"{name}_s": round(value, 3) for name, value in found.items()}
    return told | {
        "validate_s": round(validate, 3),
        "check_with_orphans_s": round(broken["check"], 3),
        "check_to_floor": round(found["check"] / found["floor"], 2),
        "check_and_proof_to_floor": round((found["check"] + found["proof"]) / found["floor"], 2),
        "validate_to_check": round(validate / found["check"], 1),
        "validate_to_check_and_proof": round(validate / (found["check"] + found["proof"]), 1),
        "rows_a_second": round(rows / found["check"]),
    }


def _validate(conn: psycopg.Connection[Any]) -> None:
    conn.execute("ALTER TABLE child VALIDATE CONSTRAINT kept")
    conn.execute("UPDATE pg_constraint SET convalidated = false WHERE conname = 'kept'")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.rows, chosen.rounds), indent=2))
