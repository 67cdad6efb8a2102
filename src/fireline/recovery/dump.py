"""Take one backup: a dump and a census under one exported snapshot, at once, that never makes others wait behind it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from fireline import clock
from fireline.errors import FirelineError, Refused
from fireline.postgres import client_tools
from fireline.postgres.client_tools import ClientTools
from fireline.postgres.connect import Target, connect, database_of, identity
from fireline.postgres.watch import Watch
from fireline.recovery import census, manifest, quick_gzip, sealing
from fireline.recovery.give_way import GiveWay
from fireline.recovery.keys import Signer
from fireline.recovery.manifest import File, Manifest, Sealed
from fireline.recovery.packing import packing
from fireline.settings import Recovery
from fireline.sizes import size
from fireline.store.connect import queries

Q = queries("fireline.recovery")

APPLICATION = "fireline-backup"  # how the dump's sessions name themselves at the server
MOST_JOBS = 8
PACKED = "igzip"  # gzip by ourselves, beside a pg_dump that can do no better than zlib
FASTEST = ("lz4", "zstd:1", PACKED, "gzip:1", "none")  # what `auto` takes, the first that this pg_dump was built with
_DATA, _RAW, _SEALED = "data", "raw", "data.dump.age"
_SPARE = 1.05  # room on disk that must be there, as a share of what is expected
_NO_LIMIT = timedelta(0)
# What a dump takes of the bytes of its tables and their TOAST, seen on text and numbers; an upper bound, for the room on disk.
# With our own packing also what is not packed yet, at worst all of it.
_SHRINKS = {"none": 1.1, "lz4": 0.7, "zstd": 0.5, "gzip": 0.5, PACKED: 1.6}


@dataclass(frozen=True)
class Order:
    """How one backup is to be taken."""

    name: str
    folder: Path  # its final place
    jobs: int
    compress: str
    recipients: tuple[str, ...] = ()

    @property
    def part(self) -> Path:
        """Where it is made."""
        return self.folder.with_name(self.folder.name + manifest.PART)


@dataclass(frozen=True)
class Survey:
    """What there is to back up, and what with. Sizes are bytes."""

    database: str
    version: str
    major: int
    size: int
    content: int  # of tables and their TOAST, without indexes
    tables: int
    rows: int  # estimated
    standby: bool
    server: dict[str, Any]
    tools: ClientTools


def survey(target: Target, settings: Recovery) -> Survey:
    """Look at the database and find the tools for it. Raises TargetUnavailable, Refused when a package is missing."""
    with connect(target, acting=True, statement_timeout=timedelta(seconds=20)) as conn:
        row = conn.execute(Q["survey"]).fetchone()
        assert row is not None
        server, tls = identity(conn).json(), bool(conn.pgconn.ssl_in_use)
    tools = client_tools.find(row["number"] // 10000, configured=settings.binaries, tls=tls)
    return Survey(database_of(target), row["version"], row["number"] // 10000, row["size"], row["content"], row["tables"],
                  row["rows"], row["standby"], server, tools)  # fmt: skip


def jobs_of(settings: Recovery, asked: int | None) -> int:
    """How many tables at once: what was asked for, else the settings, else the cores of this machine."""
    return asked or settings.jobs or min(os.cpu_count() or 2, MOST_JOBS)


def compression(tools: ClientTools, wanted: str, *, packs: bool = True) -> str:
    """What is wanted, or the fastest that this pg_dump was built with; Refused when it was built without.

    packs: whether it may be our own, which needs a folder of files, and room for them as they are before.
    """
    if wanted != "auto":
        tools.compress(wanted)
        return wanted
    able = tools.compressions | ({PACKED} if packs and quick_gzip.QUICK else set())
    return next(one for one in FASTEST if one.partition(":")[0] in able)


def fitting(found: Survey, wanted: str, home: Path, *, sealed: bool) -> tuple[str, int, int]:
    """How it is compressed, the bytes it may take for that, and those that are free; Refused when that is too little."""
    how = compression(found.tools, wanted, packs=not sealed)
    if how == PACKED and _free(home) < expected_bytes(found, how) * _SPARE:
        how = compression(found.tools, wanted, packs=False)
    needed = expected_bytes(found, how)
    return how, needed, check_room(home, needed)


def expected_bytes(found: Survey, compress: str) -> int:
    """The most that the backup is expected to take on disk."""
    return int(found.content * _SHRINKS[compress.partition(":")[0]])


def check_room(folder: Path, needed: int) -> int:
    """Bytes free where the folder is or will be; Refused when that is too little."""
    free = _free(folder)
    if free < needed * _SPARE:
        raise Refused(
            f"the backup may take {size(needed)}, and {_place(folder)} has {size(free)} free",
            hint="Make room, or name another folder with --to.",
        )
    return free


def _free(folder: Path) -> int:
    return shutil.disk_usage(_place(folder)).free


def _place(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def take(
    target: Target, order: Order, found: Survey, settings: Recovery, signer: Signer, watch: Watch
) -> tuple[Path, Sealed]:
    """Take it: the folder it is in and its manifest. What raises leaves nothing that looks like a backup.

    The folder `order.part` must be there and empty; `backups.taking` makes it. Raises Refused, TargetUnavailable.
    """
    began, before = clock.now(), _sequences(target)  # sequences stand in no snapshot: the dump's are between two looks
    with (
        _snapshot(target) as (snapshot, lsn),
        ThreadPoolExecutor(2) as pool,
        GiveWay(target, APPLICATION, settings.give_way, watch) as polite,
    ):
        dumped = pool.submit(_dump, target, order, found, snapshot, settings, watch)
        patient = replace(target, lock_timeout=settings.lock_wait)
        counted = pool.submit(census.take, patient, snapshot=snapshot, watch=Watch(watch.cancel), jobs=1)
        both = (dumped, counted)
        _all_or_none(both, watch, polite)
        counts, packed = counted.result(), dumped.result()
        after = _sequences(target)
    rest = [str(path.relative_to(order.part)) for path in order.part.rglob("*") if path.is_file()]
    rest = [path for path in rest if path not in packed]
    made = Manifest(
        name=order.name,
        target=target.name,
        database=found.database,
        snapshot_at=began.isoformat(),
        ended_at=clock.now().isoformat(),
        server={"version": found.version, "major": found.major, "identity": found.server},
        tools={"pg_dump": _version(found.tools), "fireline": version("fireline")},
        lsn=lsn,
        archive=_archive(order),
        files=packed | manifest.checksums(order.part, rest, watch, doing="reckoning checksums"),
        size=found.size,
        census=replace(counts, sequences=before).json(),
        sequences_after=after,
    )
    return manifest.close(order.part, made, signer)


def _all_or_none(works: tuple[Future[Any], ...], watch: Watch, polite: GiveWay) -> None:
    """Wait for all; the first that fails stops the others, and its reason is the one that counts."""
    first: list[BaseException] = []
    guard = threading.Lock()

    def ended(work: Future[Any]) -> None:
        fault = work.exception()
        with guard:
            if fault is not None and not first:
                first.append(fault)
                watch.cancel.cancel()

    for work in works:
        work.add_done_callback(ended)
    for work in works:
        work.exception()
    if polite.reason is not None:
        raise Refused(polite.reason, hint="Take it again once that is done, or set recovery.give_way.")
    if first:
        raise first[0]


@contextmanager
def _snapshot(target: Target) -> Iterator[tuple[str, str | None]]:
    """An exported snapshot, held open as long as the block lasts, and the WAL position it was taken at."""
    with connect(target, acting=True, statement_timeout=_NO_LIMIT) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            row = conn.execute(Q["export_snapshot"]).fetchone()
        except psycopg.Error as refused:
            raise Refused(
                f"the server exports no snapshot: {refused.diag.message_primary or refused}",
                hint="A backup needs a direct connection, not one through a transaction pooler.",
            ) from None
        assert row is not None
        yield row["snapshot"], row["lsn"]


def _sequences(target: Target) -> dict[str, Any]:
    with connect(target, acting=True, statement_timeout=timedelta(minutes=1)) as conn:
        return census.sequences(conn)


def _archive(order: Order) -> dict[str, Any]:
    kind = "custom" if order.recipients else "directory"
    path = _SEALED if order.recipients else _DATA
    return {"path": path, "kind": kind, "compress": order.compress, "encrypted_to": list(order.recipients)}


def _dump(
    target: Target, order: Order, found: Survey, snapshot: str, settings: Recovery, watch: Watch
) -> dict[str, File]:
    """Run pg_dump; the files whose checksums are known. Encrypted, it is one stream, so that nothing readable ever lies on that disk."""
    wait = max(int(settings.lock_wait.total_seconds() * 1000), 1)
    progress = _Progress(target, found, watch)
    with client_tools.environment(target.dsn, found.database) as access:
        conninfo = make_conninfo(access.conninfo, application_name=APPLICATION)
        argv = [found.tools.program("pg_dump"), f"--dbname={conninfo}", f"--snapshot={snapshot}", f"--lock-wait-timeout={wait}",
                "--no-sync", "--no-password", "--verbose"]  # fmt: skip
        in_files = [*argv, "--format=directory", f"--jobs={order.jobs}"]
        if order.recipients:
            argv += [found.tools.compress(order.compress), "--format=custom"]
            with (order.part / _SEALED).open("xb") as out, sealing.sealed(out, order.recipients) as write:
                client_tools.run(argv, access.env, watch=watch, on_line=progress.line, on_output=write)
        elif order.compress == PACKED:
            argv = [*in_files, found.tools.compress("none"), f"--file={order.part / _RAW}"]
            with packing(order.part / _RAW, order.part / _DATA, order.jobs, watch) as work:
                client_tools.run(argv, access.env, watch=watch, on_line=progress.line, enough=work.broken)
            return {f"{_DATA}/{name}": file for name, file in work.files.items()}
        else:
            argv = [*in_files, found.tools.compress(order.compress), f"--file={order.part / _DATA}"]
            client_tools.run(argv, access.env, watch=watch, on_line=progress.line)
    return {}


def _version(tools: ClientTools) -> str:
    said: list[bytes] = []
    client_tools.run([tools.program("pg_dump"), "--version"], {}, watch=Watch(), on_output=said.append)
    return b"".join(said).decode().strip().rpartition(") ")[2]


class _Progress:
    """How far the dump is, from what pg_dump says: it names each table as it begins with it."""

    def __init__(self, target: Target, found: Survey, watch: Watch) -> None:
        self._watch = watch
        self._total = found.content
        self._done = 0
        self._sizes: dict[str, int] = {}
        try:
            with connect(target, acting=True, statement_timeout=timedelta(seconds=10)) as conn:
                self._sizes = {row["name"]: row["bytes"] for row in conn.execute(Q["table_sizes"]).fetchall()}
        except (FirelineError, psycopg.Error):
            return  # a bar that stands still is no reason not to take the backup

    def line(self, line: str) -> None:
        """One line of pg_dump's --verbose."""
        _, found, table = line.partition('dumping contents of table "')
        if found:
            self._watch.tell("dumping", self._done, max(self._total, 1), "bytes")
            self._done += self._sizes.get(table.rstrip().removesuffix('"'), 0)
