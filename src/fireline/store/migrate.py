"""Bring the store to the newest shape: Alembic carrying plain SQL files. The only file that imports Alembic."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from fireline.errors import StoreUnavailable
from fireline.store.connect import arguments

OLDEST = 14
_LOCK = 0x46495245  # "FIRE": two servers that start at once migrate one after the other


def scripts() -> ScriptDirectory:
    """The folder of migrations."""
    folder = Path(str(files("fireline.store"))) / "migrations"
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


def migrate(url: str) -> list[str]:
    """Apply what is missing, each migration in its own transaction; the names of those applied, in order.

    A store that a newer Fireline has already moved on is left as it is: old and new run side by side during an upgrade.
    Raises StoreUnavailable when the store does not answer or is too old a PostgreSQL.
    """
    try:
        guard = psycopg.connect(url, autocommit=True, **arguments("fireline-migrate"))
    except psycopg.OperationalError as down:
        raise StoreUnavailable(f"the store does not answer: {str(down).strip().splitlines()[-1]}") from down
    with guard:
        major = guard.info.server_version // 10_000
        if major < OLDEST:
            raise StoreUnavailable(f"the store is on PostgreSQL {major}", hint=f"It needs {OLDEST} or newer.")
        guard.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        guard.execute("CREATE SCHEMA IF NOT EXISTS fireline")
        guard.execute("CREATE SCHEMA IF NOT EXISTS jobs")
        if guard.execute("SELECT to_regclass('jobs.procrastinate_jobs')").fetchone() == (None,):
            guard.execute("SET search_path = jobs")
            guard.execute(SchemaManager.get_schema().encode())
        return _upgrade(url, scripts())


def _upgrade(url: str, directory: ScriptDirectory) -> list[str]:
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, **arguments("fireline-migrate")),
        poolclass=NullPool,
    )
    options = {
        "transaction_per_migration": True,
        "version_table_schema": "fireline",
        "fn": lambda revision, _: directory._upgrade_revs("head", revision),
    }
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        at = context.get_current_revision()
        if at not in (None, *(script.revision for script in directory.walk_revisions())):
            return []
        missing = [script.revision for script in directory.iterate_revisions("head", at or "base")]
        with Operations.context(context):
            context.run_migrations()
    return missing[::-1]


def run_sql(name: str) -> None:
    """Run a SQL file of the migrations through the raw cursor, so that it stays plain SQL (no bind marks, no splitting)."""
    from alembic import op  # the proxy exists only inside a migration

    statements = (files("fireline.store") / "migrations" / name).read_text(encoding="utf-8")
    raw = op.get_bind().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    raw.execute(statements.encode())
