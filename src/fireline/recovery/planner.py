"""Statistics for the planner in a database that was just loaded, so that its first queries do not go by guesses."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

from psycopg import sql

from fireline.postgres.connect import Connection, connect
from fireline.postgres.watch import Watch
from fireline.recovery.restoring import PATIENCE, Place
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_LONG = timedelta(0)
_LOOK_SECONDS = 0.1
_MEMORY = "256MB"


def impatient(conn: Connection) -> dict[str, str]:
    """Settings with which an autovacuum that comes in between is sent away soon; only a superuser may have them."""
    return {"deadlock_timeout": "50ms"} if conn.info.parameter_status("is_superuser") == "on" else {}


def analyze(place: Place, jobs: int, watch: Watch) -> dict[str, float]:
    """ANALYZE every table, the biggest first, so many at once; how long it took. Raises psycopg.Error, StatementFailed when cancelled."""
    began = time.monotonic()
    with ExitStack() as stack:
        conns = [stack.enter_context(_connected(place)) for _ in range(jobs)]
        rows = conns[0].execute(Q["to_analyze"]).fetchall()
        left = deque(sql.SQL("ANALYZE {}").format(sql.Identifier(row["schema"], row["name"])) for row in rows)
        with ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(_work, conn, left, watch) for conn in conns}
            try:
                while running:
                    watch.cancel.check()
                    watch.tell("collecting statistics", len(rows) - len(left), len(rows), "tables")
                    ended, running = wait(running, _LOOK_SECONDS, return_when=FIRST_EXCEPTION)
                    for one in ended:
                        one.result()
            except BaseException:
                left.clear()
                for conn in conns:
                    conn.cancel_safe(timeout=5)
                raise
    return {"analyze_seconds": round(time.monotonic() - began, 2)}


@contextmanager
def _connected(place: Place) -> Iterator[Connection]:
    with connect(
        place.target,
        write=True,
        autocommit=True,
        statement_timeout=_LONG,
        lock_timeout=PATIENCE,
        database=place.database,
    ) as conn:
        for name, value in {"maintenance_work_mem": _MEMORY, **impatient(conn)}.items():
            conn.execute("SELECT set_config(%s, %s, false)", [name, value])
        yield conn


def _work(conn: Connection, left: deque[sql.Composed], watch: Watch) -> None:
    with suppress(IndexError):  # the others have taken the rest
        while not watch.cancel.asked:
            conn.execute(left.popleft())
