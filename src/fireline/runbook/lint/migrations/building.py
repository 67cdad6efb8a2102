"""The schema of a folder of migrations, built in a PostgreSQL of our own that is thrown away: a lint then needs no database.

The server listens on a socket in a private folder alone. The migrations are run as they are written, but as an owner who
is no superuser: they read no file of the machine, start no program, and reach no other server, since what could do that
(dblink, postgres_fdw, file_fdw, untrusted languages) is not installed for them. What they still can: use processor, memory and
disk of this machine for as long as the limits let them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from fireline.cluster import Cluster
from fireline.errors import ClusterError, Usage
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.migrations.applying import OWNER, Applied, apply
from fireline.runbook.lint.migrations.files import files
from fireline.runbook.lint.migrations.standins import supabase, wants_supabase
from fireline.runbook.lint.world import Patient, Unapplied

ADMIN = "fireline_scratch"
_PREFIX = "fireline-lint-"
_SETTINGS = {
    "wal_level": "minimal", "max_wal_senders": "0", "synchronous_commit": "off", "autovacuum": "off", "max_connections": "12",
    "shared_buffers": "32MB", "listen_addresses": "", "max_wal_size": "1GB", "temp_file_limit": "512MB", "max_worker_processes": "2",
    "max_parallel_workers": "0", "jit": "off", "max_prepared_transactions": "0", "max_logical_replication_workers": "0",
}  # fmt: skip


@contextmanager
def built(folder: Path, binaries: Path | None = None) -> Iterator[tuple[Patient, tuple[Unapplied, ...]]]:
    """The schema that the migrations in a folder make, and what of them did not apply; the server is gone afterwards.

    binaries: PostgreSQL's programs, as store.binaries names them. Raises Usage when there are none, ClusterError.
    """
    found = files(folder)
    if not found:
        raise Usage(
            f"{folder} holds no SQL migrations", hint="Name a folder with .sql files, such as supabase/migrations."
        )
    with _server(binaries) as (admin, owner):
        with psycopg.connect(admin, autocommit=True) as conn:
            _prepare(conn)
            standing = supabase(conn) if wants_supabase(found) else frozenset()
        applied: Applied = apply(found, admin, owner, standing)
        target = Target("scratch", Secret(admin))
        with open_(target, name=f"the schema of {folder}", built=True, absent=applied.absent) as patient:
            yield patient, tuple(replace(one, file=str(one.file)) for one in applied.faults)


@contextmanager
def _server(binaries: Path | None) -> Iterator[tuple[str, str]]:
    """A fresh server: the URLs of its superuser and of the migrations' owner."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_home()))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        cluster = Cluster(folder / "pg", binaries=binaries, settings=_SETTINGS, fsync=False)
        try:
            cluster.start()
            yield _roles(cluster)
        finally:
            cluster.remove()
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _home() -> Path:
    """Where there is room for a socket's name: it may have no more than a hundred letters."""
    return Path("/tmp")  # noqa: S108 - a folder of its own in it, private


def _sweep() -> None:
    """Stop and delete what processes that were killed have left: their lock is free."""
    for folder in _home().glob(f"{_PREFIX}*"):
        with suppress(OSError, ClusterError):
            if folder.stat().st_uid != os.getuid():
                continue
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Cluster(folder / "pg").remove()
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


def _roles(cluster: Cluster) -> tuple[str, str]:
    """Give the name that migrations expect of their owner to a role without powers; the superuser gets another."""
    password = cluster.folder.password().reveal()
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        create = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}")
        conn.execute(create.format(sql.Identifier(ADMIN), sql.Literal(password)))
    there = cluster.url()
    admin = there.replace(f"//{OWNER}:", f"//{ADMIN}:", 1)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute("ALTER ROLE postgres RENAME TO fireline_bootstrap")
        create = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB BYPASSRLS REPLICATION PASSWORD {}")
        conn.execute(create.format(sql.Identifier(OWNER), sql.Literal(password)))
    return admin, there


def _prepare(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the database the owner's, as it is for a team's own role."""
    conn.execute(sql.SQL("ALTER DATABASE postgres OWNER TO {}").format(sql.Identifier(OWNER)))
    conn.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
    for name in ("pg_stat_statements",):
        with suppress(psycopg.Error):
            conn.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
