"""Traffic while two databases are exchanged: writers that keep what was acknowledged, a client that knocks all the time, and a bench.

Run as a program it is that client, in a process of its own: its arguments a DSN, its end the end of its input.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target
from fireline.recovery.swapping import swap
from fireline.resolve.remedies import swap as shelf
from fireline.resolve.swapping import Swap
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import Scene, scene

ROOT = Path(__file__).parents[2]
_FIRST = count(1000, 1_000_000)  # each crowd of writers has numbers of its own
_PAUSE_SECONDS = 0.002  # of a writer that was turned away


class Writers:
    """The application: each writer inserts an order, notes it once its commit was acknowledged, and connects again when it must."""

    def __init__(self, dsn: str, *, number: int = 3, first: int = 1000, pause: float = 0) -> None:
        self.acknowledged: set[int] = set()
        self.turned_away = 0
        self._dsn, self._ids, self._stop, self._pause = dsn, count(first), threading.Event(), pause
        self._threads = [threading.Thread(target=self._write, daemon=True) for _ in range(number)]

    def __enter__(self) -> Writers:
        for one in self._threads:
            one.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for one in self._threads:
            one.join(timeout=20)

    def more(self, number: int = 20, patience: float = 20) -> None:
        """Wait until so many more were acknowledged."""
        wanted, end = len(self.acknowledged) + number, time.monotonic() + patience
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < end, "the writers do not get through"
            time.sleep(0.005)

    def _write(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._dsn, autocommit=True, prepare_threshold=None) as conn:
                    while not self._stop.is_set():
                        number = next(self._ids)
                        conn.execute("INSERT INTO orders VALUES (%s, 'under traffic')", [number])
                        self.acknowledged.add(number)
                        time.sleep(self._pause)
            except psycopg.Error:
                self.turned_away += 1
                time.sleep(_PAUSE_SECONDS)


@contextmanager
def knocking(dsn: str) -> Iterator[list[tuple[float, float, str]]]:
    """A client in a process of its own that connects, asks and leaves without a pause; filled at the end: from, to, error."""
    command = [sys.executable, "-m", "tests.recovery.traffic", dsn]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.readline()  # it knocks
    found: list[tuple[float, float, str]] = []
    yield found
    said, _ = process.communicate(timeout=30)
    found += [tuple(one) for one in json.loads(said)]


def refusals(knocks: list[tuple[float, float, str]]) -> list[tuple[float, int]]:
    """Each time that the client was turned away: milliseconds from its first refused try to the first that got in, and tries."""
    spans, began, tries = list[tuple[float, int]](), 0.0, 0
    for start, end, error in knocks:
        if error:
            began, tries = (began, tries + 1) if tries else (start, 1)
        elif tries:
            spans.append((round((end - began) * 1000, 1), tries))
            tries = 0
    return spans


def _knock(dsn: str) -> None:
    done, stop = list[tuple[float, float, str]](), threading.Event()

    def listen() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=listen, daemon=True).start()
    print("knocking", flush=True)
    while not stop.is_set():
        start, error = time.time(), ""
        try:
            with psycopg.connect(dsn) as conn:
                conn.execute("SELECT 1")
        except psycopg.Error as no:
            error = str(no).strip().splitlines()[0][-80:] or "?"
        done.append((start, time.time(), error))
    print(json.dumps(done), flush=True)


def bench_swap(store: Store, target: Target, *, swaps: int = 20, writers: int = 2) -> dict[str, Any]:
    """Milliseconds over so many swaps there and back, with writers and a knocking client: refused as that client saw it, and stages.

    floor: the same client while the least that exchanges two databases is done by hand, in the same run.
    """
    took: dict[str, list[float]] = {}
    with scene(store, target) as shop:
        captured = shelf.remedy.plan(shop.target, Swap(restore=str(shop.restore)), hand(store)).captured

        def ours(number: int) -> None:
            marks = [("begun", time.perf_counter())]

            def stage(name: str) -> None:
                marks.append((name, time.perf_counter()))

            if number % 2:
                swap.back(store, shop.target, captured, by="bench", stage=stage)
            else:
                swap.there(store, shop.target, captured, keep=timedelta(days=1), by="bench", stage=stage)
            stage("done")
            for (_, since), (name, until) in pairwise(marks):
                took.setdefault(name, []).append((until - since) * 1000)
            took.setdefault("whole", []).append((marks[-1][1] - marks[0][1]) * 1000)

        found = _refused(shop, ours, swaps, writers)
        with psycopg.connect(make_conninfo(shop.url, dbname="postgres"), autocommit=True) as conn:
            floor = _refused(shop, lambda _: _by_hand(conn, shop.live, shop.side), swaps - swaps % 2, writers)
    stages = {name: round(median(values), 1) for name, values in took.items()}
    return {**found, "floor": floor, "stages_ms_p50": stages}


def _refused(shop: Scene, work: Callable[[int], None], times: int, writers: int) -> dict[str, Any]:
    """How long a client that knocks all the time is turned away, each time that the work is done under traffic."""
    with knocking(shop.app_dsn()) as knocks, Writers(shop.app_dsn(), number=writers, first=next(_FIRST)) as pressing:
        for number in range(times):
            pressing.more(10)
            work(number)
        pressing.more(10)
    spans = refusals(knocks)
    milliseconds = [one for one, _ in spans] or [0.0]
    return {
        "swaps": times,
        "times_refused": len(spans),
        "refused_ms_p50": round(median(milliseconds), 1),
        "refused_ms_max": max(milliseconds),
        "refused_tries_p50": median([tries for _, tries in spans] or [0]),
    }


def _by_hand(conn: psycopg.Connection[Any], live: str, side: str) -> None:
    """Close, end, two renames, open: nothing captured, nothing carried over, nothing to come back from."""
    one, other, aside = (sql.Identifier(name) for name in (live, side, f"{live}_aside"))
    conn.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(one))
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    while conn.execute(end, [live]).fetchall():
        time.sleep(0.002)
    renames = [(one, aside), (other, one), (aside, other)]
    statements = [sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*pair) for pair in renames]
    opened = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(other)
    conn.execute(sql.SQL("; ").join([sql.SQL("BEGIN"), *statements, opened, sql.SQL("COMMIT")]))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _knock(sys.argv[1])
