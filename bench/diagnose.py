"""`fireline diagnose` as a whole command: on a small target, on one with many relations, and under load, which it may not slow.

python -m bench.diagnose [--relations 50000] [--seconds 20] [--runs 9]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.place import percentile
from fireline.cluster import Cluster

SETTINGS = {"shared_buffers": "128MB", "max_connections": "60", "max_locks_per_transaction": "2000", "shared_preload_libraries": "pg_stat_statements"}  # fmt: skip
CLIENTS = 2


def command(dsn: str) -> float:
    """Seconds that one `fireline diagnose --json` takes, from its start to its end."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "fireline", "diagnose", "--dsn", dsn, "--json"], capture_output=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return time.perf_counter() - began


def times(dsn: str, runs: int) -> dict[str, float]:
    """Median and 95th percentile of the whole command, in ms."""
    command(dsn)
    taken = [command(dsn) * 1000 for _ in range(runs)]
    return {"p50_ms": round(statistics.median(taken)), "p95_ms": round(percentile(taken, 0.95))}


def relations(dsn: str, count: int) -> None:
    """Make so many tables and indexes, each with a few rows, used and analysed: the statistics are a part of the load."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        for first in range(0, count // 2, 1000):
            last = min(first + 1000, count // 2)
            conn.execute(
                f"DO $$ BEGIN FOR n IN {first}..{last - 1} LOOP EXECUTE format('CREATE TABLE r%s (a int PRIMARY KEY, b text)', n); END LOOP; END $$".encode()
            )
        conn.execute(
            f"DO $$ BEGIN FOR n IN 0..{count // 2 - 1} LOOP EXECUTE format('INSERT INTO r%s SELECT i, i::text FROM generate_series(1, 3) i', n); END LOOP; END $$".encode()
        )
        conn.execute("ANALYZE")


def catalog(dsn: str) -> float:
    """Seconds to count the tables in the catalog: what no look at all of them can undercut."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        taken = []
        for _ in range(5):
            began = time.perf_counter()
            conn.execute("SELECT count(*) FROM pg_class WHERE relkind = 'r'")
            taken.append(time.perf_counter() - began)
    return min(taken)


def look_cpu(dsn: str) -> float:
    """Seconds of processor time that one look and its judgement take in this process, on a warm one."""
    from fireline.assess.diagnose import diagnose
    from fireline.postgres.connect import Target
    from fireline.redact import Secret

    target = Target("bench", Secret(dsn))
    diagnose(target)
    began = time.process_time()
    diagnose(target)
    return time.process_time() - began


class Load:
    """Short transactions without end; counts those that were done."""

    def __init__(self, dsn: str) -> None:
        self.dsn, self.done, self._stop = dsn, [0] * CLIENTS, threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(CLIENTS)]

    def _run(self, number: int) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            while not self._stop.is_set():
                conn.execute("UPDATE pgbench SET n = n + 1 WHERE id = %s", [1 + (self.done[number] * 7919) % 10_000])
                self.done[number] += 1

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def rate(self, seconds: float) -> float:
        """Transactions a second over the next seconds."""
        before, began = sum(self.done), time.perf_counter()
        time.sleep(seconds)
        return (sum(self.done) - before) / (time.perf_counter() - began)


def slowed(dsn: str, seconds: float) -> dict[str, float]:
    """The load's rate alone and with one look every five seconds, in turn; and what the looks took meanwhile.

    The looks are made in this very process, which shares the machine with the load: on two cores what they cost in
    processor time is in the figure too.
    """
    from fireline.assess.diagnose import diagnose
    from fireline.postgres.connect import Target
    from fireline.redact import Secret

    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("CREATE TABLE pgbench AS SELECT i AS id, 0 AS n FROM generate_series(1, 10000) i")
        conn.execute("ALTER TABLE pgbench ADD PRIMARY KEY (id)")
    target, looks, alone, beside = Target("bench", Secret(dsn)), [], [], []
    with Load(dsn) as load:
        load.rate(1)
        for _ in range(3):
            alone.append(load.rate(seconds / 6))
            stop = threading.Event()

            def look(stop: threading.Event = stop) -> None:
                while not stop.is_set():
                    looks.append(diagnose(target).duration_ms)
                    stop.wait(5)

            thread = threading.Thread(target=look)
            thread.start()
            beside.append(load.rate(seconds / 6))
            stop.set()
            thread.join()
        whole = times(dsn, 3)
    ratio = statistics.median(two / one for one, two in zip(alone, beside, strict=True))
    return {
        "transactions_per_second": round(statistics.median(alone)),
        "slowed_to": round(ratio, 3),
        "look_p95_ms": round(percentile([float(one) for one in looks], 0.95)),
        **{f"command_{name}": value for name, value in whole.items()},
    }


def measure(count: int, seconds: float, runs: int) -> dict[str, Any]:
    """All three on servers of their own; the floor is a command that only starts and says its version."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "fireline", "--version"], capture_output=True, check=True)
    floor = (time.perf_counter() - began) * 1000
    with tempfile.TemporaryDirectory(prefix="fld-") as folder:
        cluster = Cluster(Path(folder) / "pg", settings=SETTINGS, fsync=False)
        cluster.start()
        try:
            small, loaded, large = (cluster.create_database(name) for name in ("small", "loaded", "large"))
            found: dict[str, Any] = {
                "floor_ms": round(floor),
                "small": times(small, runs),
                "loaded": slowed(loaded, seconds),
            }
            relations(large, count)
            floors = {"catalog_ms": round(catalog(large) * 1000, 1), "judging_cpu_ms": round(look_cpu(large) * 1000)}
            return {**found, "relations": count, "large": {**times(large, runs), **floors}}
        finally:
            cluster.remove()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--relations", type=int, default=50_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--runs", type=int, default=9)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.relations, chosen.seconds, chosen.runs), indent=2))
