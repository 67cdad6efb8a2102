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

_LOCK = 0x46495245  # "FIRE": two servers that start at once migrate one after the other


def scripts() -> ScriptDirectory:
    """The folder of migrations."""
    folder = Path(str(files("fireline.store"))) / "migrations"
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


def migrate(url: str) -> list[str]:
    """Apply what is missing, each migration in its own transaction; the names of those applied.

    Raises StoreUnavailable when the store does not answer.
    """
    directory = scripts()
    try:
        guard = psycopg.connect(url, autocommit=True, **arguments("fireline-migrate"))
    except psycopg.OperationalError as down:
        raise StoreUnavailable(f"the store does not answer: {str(down).strip().splitlines()[-1]}") from down
    with guard:
        guard.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        guard.execute("CREATE SCHEMA IF NOT EXISTS fireline")
        guard.execute("CREATE SCHEMA IF NOT EXISTS jobs")
        if guard.execute("SELECT to_regclass('jobs.procrastinate_jobs')").fetchone() == (None,):
            guard.execute("SET search_path = jobs")
            guard.execute(SchemaManager.get_schema().encode())
            guard.execute("SET search_path = fireline, jobs")
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(url, **arguments("fireline-migrate")),
            poolclass=NullPool,
        )
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "transaction_per_migration": True,
                    "version_table_schema": "fireline",
                    "fn": lambda revision, _: directory._upgrade_revs("head", revision),
                },
            )
            before = set(context.get_current_heads())
            with Operations.context(context):
                context.run_migrations()
            after = set(context.get_current_heads())
        engine.dispose()
        return [
            script.revision
            for script in directory.walk_revisions()
            if script.revision in after and script.revision not in before
        ]


def run_sql(name: str) -> None:
    """Run a SQL file of the migrations through the raw cursor, so that it stays plain SQL (no bind marks, no splitting)."""
    from alembic import op  # the proxy exists only inside a migration

    statements = (files("fireline.store") / "migrations" / name).read_text(encoding="utf-8")
    raw = op.get_bind().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    raw.execute(statements.encode())
