"""The schema of a folder of migrations, built in a PostgreSQL of our own that is thrown away: a lint then needs no database.

The server listens on a socket in a private folder alone. The migrations are run as they are written, but as an owner who
is no superuser and can not become one: they read no file of the machine, start no program, and reach no other server, since
what could do that (dblink, postgres_fdw, file_fdw, untrusted languages) is not installed for them. What they leave behind is
never run by a superuser either: the schema is then looked at by a role that may only read. What they still can: use processor,
memory and disk of this machine for as long and as far as the limits let them.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline.cluster import Cluster
from fireline.errors import Usage
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint.database.patient import open_
from fireline.runbook.lint.migrations.applying import Applied, apply
from fireline.runbook.lint.migrations.files import files
from fireline.runbook.lint.migrations.folders import sweep, taken
from fireline.runbook.lint.migrations.guarding import guarded
from fireline.runbook.lint.migrations.session import OWNER, Scratch
from fireline.runbook.lint.migrations.standins import supabase, wants_supabase
from fireline.runbook.lint.world import Patient, Unapplied

ADMIN = "fireline_scratch"
READER = "fireline_reader"
MEMORY = 2_000_000_000  # bytes of one process of the server
_PATIENCE = 10  # seconds for it to stop
_OUTSIDE = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files", "pg_create_subscription")
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
    with guarded(), _server(binaries) as server:
        with psycopg.connect(server.admin, autocommit=True) as conn:
            _prepare(conn)
            standing = supabase(conn) if wants_supabase(found) else frozenset()
        applied: Applied = apply(found, server, standing)
        with open_(
            Target("scratch", Secret(_reader(server))),
            name=f"the schema of {folder}",
            built=True,
            absent=applied.absent,
            unread=applied.unread,
        ) as patient:
            yield patient, tuple(replace(one, file=str(one.file)) for one in applied.faults)


@contextmanager
def _server(binaries: Path | None) -> Iterator[Scratch]:
    """A fresh server, whose processes may have so much memory and no more."""
    sweep()
    folder, handle = taken()
    try:
        cluster = Cluster(folder / "pg", binaries=binaries, settings=_SETTINGS, fsync=False)
        try:
            cluster.start()
            _bound(cluster)
            admin, owner = _roles(cluster)
            yield Scratch(admin, owner, folder, kill=lambda: cluster.stop("immediate", patience=_PATIENCE))
        finally:
            cluster.remove()
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _bound(cluster: Cluster) -> None:
    """Every process that the server starts from now on inherits it; one that wants more gets an error instead."""
    running = cluster.running
    if running is not None and sys.platform == "linux":
        with suppress(OSError, ValueError):
            resource.prlimit(running.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))


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
        # Up to PostgreSQL 15 who may create roles may also give himself those that read files and start programs; but none
        # that is a superuser's.
        conn.execute("SET allow_system_table_mods = on")
        conn.execute("UPDATE pg_catalog.pg_authid SET rolsuper = true WHERE rolname = ANY (%s)", [list(_OUTSIDE)])
    return admin, there


def _reader(server: Scratch) -> str:
    """A role that may see everything and do nothing; of what the migrations set for sessions only the path reaches it."""
    parts = conninfo_to_dict(server.owner)
    elsewhere = make_conninfo(server.admin, dbname="template1")  # what is set for the migrations' database is not there
    name = f"{READER}_{secrets.token_hex(8)}"  # no name that a migration may have given away
    with psycopg.connect(elsewhere, autocommit=True) as conn:
        create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE pg_read_all_data")
        conn.execute(create.format(sql.Identifier(name), sql.Literal(str(parts["password"]))))
        rows = conn.execute(
            "SELECT DISTINCT split_part(one, '=', 1) FROM pg_db_role_setting, unnest(setconfig) AS one WHERE setrole = 0"
        ).fetchall()
        for (setting,) in rows:
            if setting != "search_path":
                conn.execute(sql.SQL("ALTER DATABASE postgres RESET {}").format(sql.Identifier(setting)))
        conn.execute("ALTER DATABASE postgres CONNECTION LIMIT -1")
    return make_conninfo(server.owner, user=name)


def _prepare(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the database the owner's, as it is for a team's own role."""
    conn.execute(sql.SQL("ALTER DATABASE postgres OWNER TO {}").format(sql.Identifier(OWNER)))
    conn.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
    for name in ("pg_stat_statements",):
        with suppress(psycopg.Error):
            conn.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
