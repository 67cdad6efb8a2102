"""Load a dump into the database that was made for it, stopping at the first error, and tell how far it is."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline.errors import FirelineError
from fireline.postgres import client_tools
from fireline.postgres.client_tools import Access, ClientTools
from fireline.postgres.connect import connect
from fireline.postgres.watch import Watch
from fireline.recovery import archive, planner
from fireline.recovery.restoring import Place
from fireline.recovery.shares import Shares, share_out
from fireline.recovery.sources import Source
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_LONG = timedelta(0)
_SHORT = timedelta(seconds=20)
_LOOK_SECONDS = 0.5
_MEMORY = 1 << 30  # of maintenance_work_mem at most, for all loaders together
_ENOUGH = 128 << 20  # of it for one loader: a btree is not sorted quicker with more, and often slower
_TRANSACTIONS_END_FROM = 17  # the version that has transaction_timeout
_SHARE = 8  # of the machine's memory, when the server is on it


@dataclass(frozen=True)
class Way:
    """How it is loaded. owners: False leaves everything to the role that loads, and grants nothing."""

    tools: ClientTools
    major: int  # of the server
    jobs: int
    owners: bool = True
    foreign: bool = False  # also a script that pg_dump did not make
    tablespaces: bool = True  # False where the server has none of its own
    memory: int = 256 << 20  # bytes of maintenance_work_mem for one loader at most


def memory_of(jobs: int, *, here: bool) -> int:
    """Bytes of maintenance_work_mem for each loader: an eighth of the machine at most where the server is on it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if here else 2 << 30
    return max(min(_MEMORY, whole // _SHARE) // (jobs + 1), 64 << 20)


def load(source: Source, place: Place, way: Way, watch: Watch) -> dict[str, float]:
    """Load everything, stopping at the first error, with statistics for the planner; the seconds of each part.

    Raises ToolFailed, StatementFailed, psycopg.Error.
    """
    began = time.monotonic()
    settings = {
        "synchronous_commit": "off",  # it is synced by a checkpoint at the end; until then it is thrown away after a crash
        "maintenance_work_mem": f"{min(way.memory, _ENOUGH) >> 10}kB",
        "max_parallel_maintenance_workers": str(max(min((os.cpu_count() or 2) - way.jobs, 2), 0)),
        "statement_timeout": "0",
        "lock_timeout": "0",
        "jit": "off",  # to compile the check of a foreign key takes longer than it saves
        "idle_in_transaction_session_timeout": "0",
        "default_transaction_read_only": "off",  # of the role or the server: perhaps somebody has stopped the writes
    }
    if way.major >= _TRANSACTIONS_END_FROM:
        settings["transaction_timeout"] = "0"
    with connect(place.target, acting=True, statement_timeout=_SHORT, database=place.database) as conn:
        settings |= planner.impatient(conn)
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with (
        _telling(source, place, watch) as told,
        client_tools.environment(place.target.dsn, place.database, options=options) as access,
    ):
        if source.archive.kind == "sql":
            _script(source, way, access, watch)
        else:
            _archive(_Loader(source, way, access, watch, told), source, way, access, watch)
        known = _analyze(place, way, watch, told)
    return {"load_seconds": round(time.monotonic() - began - known["analyze_seconds"], 2), **known}


def _script(source: Source, way: Way, access: Access, watch: Watch) -> None:
    """Plain SQL through psql, which gets nothing that was not read and judged before."""
    argv = [way.tools.program("psql"), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet", "--no-password", "--file=-",
            f"--dbname={access.conninfo}"]  # fmt: skip
    with archive.stream(
        source.archive, foreign=way.foreign, watch=watch, server_major=way.major, tools=way.tools
    ) as reader:
        client_tools.run(argv, access.env, watch=watch, stdin=reader)


def _analyze(place: Place, way: Way, watch: Watch, told: _Told) -> dict[str, float]:
    """Statistics, which tell by themselves how far they are."""
    told.silent = True
    try:
        return planner.analyze(place, way.jobs, watch)
    finally:
        told.silent = False


def _archive(loader: _Loader, source: Source, way: Way, access: Access, watch: Watch) -> None:
    """The formats of pg_restore, several tables at once; a newer pg_restore sets what an older server does not know."""
    shares = share_out(source.path, way.tools, access, watch) if loader.parallel else None
    if shares is None:
        loader.run(way.jobs)
    else:
        _shared(loader, shares, way.jobs)


def _shared(loader: _Loader, shares: Shares, jobs: int) -> None:
    """The tables with slow indexes and these indexes in one chain, everything else in another; the fault of one ends both."""
    slow_jobs = min(max(round(shares.weight * jobs), 1), jobs - 1)
    slow_loaded = threading.Event()

    def slow() -> None:
        try:
            loader.run(slow_jobs, "data", shares.slow_rows)
        finally:
            slow_loaded.set()
        loader.run(slow_jobs, "post-data", shares.slow_indexes, memory=shares.memory or loader.memory)

    def others() -> None:
        loader.run(jobs - slow_jobs, "data", shares.others)
        slow_loaded.wait()
        loader.run(jobs, "post-data", shares.others)

    loader.run(1, "pre-data")
    with ThreadPoolExecutor(2) as pool:
        ended, running = wait([pool.submit(slow), pool.submit(others)], return_when=FIRST_EXCEPTION)
        loader.stopped = bool(running)
    for chain in ended:
        chain.result()  # raises the first fault; that the other one was stopped for it is no news


class _Loader:
    """A pg_restore into the database; more than one may run, and the fault of one ends the others."""

    def __init__(self, source: Source, way: Way, access: Access, watch: Watch, told: _Told) -> None:
        self.parallel = source.archive.kind != "tar" and way.jobs > 1
        self.stopped = False
        newer = way.tools.major > way.major
        self.memory = way.memory
        self._argv = [way.tools.program("pg_restore"), "--verbose", "--no-password"]
        self._argv += [] if newer else ["--exit-on-error"]
        self._argv += [] if way.owners else ["--no-owner", "--no-acl"]
        self._argv += [] if way.tablespaces else ["--no-tablespaces"]
        self._harmless = client_tools.NEWER_SETTING if newer else None
        self._path, self._access, self._watch, self._told = str(source.path), access, watch, told

    def run(
        self, jobs: int, section: str | None = None, listed: bytes | None = None, *, memory: int | None = None
    ) -> None:
        """Load everything, a section or the listed entries of one, so many at once; memory: of each for an index, in bytes."""
        jobs_too = [f"--jobs={jobs}"] if self.parallel else []
        which = [f"--section={section}"] if section else []
        with tempfile.NamedTemporaryFile(prefix="fireline-restore-") as entries:
            if listed is not None:
                entries.write(listed)
                entries.flush()
                which.append(f"--use-list={entries.name}")
            client_tools.run(
                [*self._argv, f"--dbname={self._conninfo(memory)}", *jobs_too, *which, self._path],
                self._access.env,
                watch=self._watch,
                on_line=self._told.line,
                enough=self._enough,
                harmless=self._harmless,
            )

    def _conninfo(self, memory: int | None) -> str:
        options = str(conninfo_to_dict(self._access.conninfo).get("options") or "")
        more = f" -c maintenance_work_mem={min(memory, self.memory) >> 10}kB" if memory else ""
        return make_conninfo(self._access.conninfo, options=options + more)

    def _enough(self) -> str | None:
        return "another loader failed" if self.stopped else None


@contextmanager
def _telling(source: Source, place: Place, watch: Watch) -> Iterator[_Told]:
    """Tell how far the load is, from the server's own counters, as long as the block lasts."""
    told = _Told(source, place, watch)
    thread = threading.Thread(target=told.look, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.done.set()
        thread.join()


class _Told:
    """Rows copied, then indexes and constraints made; the totals are the manifest's."""

    def __init__(self, source: Source, place: Place, watch: Watch) -> None:
        self.done = threading.Event()
        self.silent = False
        self._place, self._watch = place, watch
        made = source.made.counted() if source.made else None
        self._rows = sum(one.rows for one in made.tables.values()) if made else None
        self._after = (
            sum(len(made.objects.get(part, ())) for part in ("indexes", "constraints", "triggers")) if made else None
        )
        self._finished = 0
        self._copied = 0  # the most that was seen: a table's counter is gone when the table is done

    def line(self, line: str) -> None:
        """One line of pg_restore's --verbose."""
        if any(
            word in line
            for word in ("creating INDEX", "creating CONSTRAINT", "creating FK CONSTRAINT", "creating TRIGGER")
        ):
            self._finished += 1

    def look(self) -> None:
        """Ask the server now and then."""
        while not self.done.wait(_LOOK_SECONDS):
            try:
                with connect(
                    self._place.target,
                    acting=True,
                    autocommit=True,
                    statement_timeout=_SHORT,
                    database=self._place.database,
                ) as conn:
                    while not self.done.wait(_LOOK_SECONDS):
                        if self.silent:
                            continue
                        row = conn.execute(Q["loaded"]).fetchone()
                        assert row is not None
                        self._copied = max(self._copied, row["rows"])
                        if self._finished and self._after:
                            self._watch.tell("building indexes and constraints", self._finished, self._after, "parts")
                        else:
                            self._watch.tell("loading rows", self._copied, self._rows, "rows")
            except (FirelineError, psycopg.Error):
                continue  # the loader itself says what is wrong
