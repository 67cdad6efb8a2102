"""The school app's users: real client connections that read and write at a steady pace, and what they live to see."""

from __future__ import annotations

import random
import statistics
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from fireline.demo.school import School

CLIENTS = 6
PER_SECOND = 20.0  # requests each client wants to make
STATEMENT_SECONDS = 5.0  # the app's own patience
TABLE = "assignments"

_USERS = 5000
_READ = "SELECT id, title, status FROM assignments WHERE user_id = %s ORDER BY due_at LIMIT 20"
_COURSES = "SELECT id, title FROM courses WHERE user_id = %s ORDER BY title"
_DONE = "UPDATE assignments SET status = 'done' WHERE id = (SELECT min(id) FROM assignments WHERE user_id = %s AND status = 'open')"
_STUDY = "INSERT INTO study_sessions (user_id, assignment_id, started_at, minutes) SELECT user_id, id, now(), 25 FROM assignments WHERE user_id = %s ORDER BY due_at LIMIT 1"
_MIX = (*[_READ] * 6, *[_DONE] * 2, _STUDY, _COURSES)


@dataclass(frozen=True)
class Request:
    """One request of one client: when it ended, how long it took, and the fault it met, if any."""

    ended: float
    seconds: float
    fault: str | None


@dataclass(frozen=True)
class Measure:
    """What the clients saw in a span of time; latencies in seconds, of the failed requests too."""

    span: float
    answered: int
    failed: int
    p50: float | None
    p95: float | None
    fault: str | None  # the commonest, in the database's words

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return self.answered / self.span if self.span else 0.0

    def json(self) -> dict[str, object]:
        """As the story's report keeps it."""
        return {"answered": self.answered, "failed": self.failed, "per_second": round(self.rate, 1),
                "p50": _round(self.p50), "p95": _round(self.p95), "fault": self.fault}  # fmt: skip


class Traffic:
    """The clients, one thread and one connection each; a client that loses its connection opens another."""

    def __init__(self, school: School, clients: int = CLIENTS) -> None:
        self._school = school
        self._stop = threading.Event()
        self._seen: list[Request] = []
        self._open: set[psycopg.Connection] = set()
        self._threads = [threading.Thread(target=self._live, args=[n], daemon=True) for n in range(clients)]

    def start(self) -> None:
        """Let all clients begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let all clients end; what still waits in the database is cancelled."""
        self._stop.set()
        for conn in list(self._open):
            with suppress(psycopg.Error):  # it may be gone already
                conn.cancel_safe(timeout=2)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(5)

    def measure(self, since: float) -> Measure:
        """What was seen since that moment of `time.monotonic()`."""
        return measured([one for one in list(self._seen) if one.ended >= since], time.monotonic() - since)

    def _live(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - whose turn it is; the same in every demo
        while not self._stop.is_set():
            try:
                with self._school.connect("school_app", "school-web", statement_seconds=STATEMENT_SECONDS) as conn:
                    self._open.add(conn)
                    try:
                        self._browse(conn, chance)
                    finally:
                        self._open.discard(conn)
            except psycopg.Error as lost:
                self._seen.append(Request(time.monotonic(), 0.0, _words(lost)))
                self._stop.wait(0.5)

    def _browse(self, conn: psycopg.Connection, chance: random.Random) -> None:
        while not self._stop.wait(chance.uniform(0.5, 1.5) / PER_SECOND):
            user, statement = chance.randint(1, _USERS), chance.choice(_MIX)
            begun, fault = time.monotonic(), None
            try:
                with conn.transaction():
                    conn.execute(
                        "SELECT set_config('app.user_id', %s, true), set_config('app.role', 'student', true)",
                        [str(user)],
                    )
                    conn.execute(statement, [user])
            except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as hung:
                fault = _words(hung)
            if not self._stop.is_set():
                ended = time.monotonic()
                self._seen.append(Request(ended, ended - begun, fault))


def measured(seen: list[Request], span: float) -> Measure:
    """The figures of some requests; pure."""
    times = sorted(one.seconds for one in seen)
    faults = [one.fault for one in seen if one.fault]
    return Measure(
        span=span,
        answered=len(seen) - len(faults),
        failed=len(faults),
        p50=statistics.median(times) if times else None,
        p95=times[min(len(times) - 1, int(len(times) * 0.95))] if times else None,
        fault=max(set(faults), key=faults.count) if faults else None,
    )


def _words(fault: psycopg.Error) -> str:
    return fault.diag.message_primary or str(fault).strip().splitlines()[-1]


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
