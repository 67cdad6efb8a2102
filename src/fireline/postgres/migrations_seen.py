"""Where migration tools note in a database what they have applied: found in the catalog, by a table's name and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from fireline.postgres.connect import Connection

# tool, table, column that orders its rows, a further column that tells it from a namesake
KNOWN = (
    ("Rails, Ecto, golang-migrate, dbmate, Supabase", "schema_migrations", "version", "version"),
    ("Alembic", "alembic_version", "version_num", "version_num"),
    ("Django", "django_migrations", "id", "app"),
    ("Prisma", "_prisma_migrations", "started_at", "migration_name"),
    ("Flyway", "flyway_schema_history", "installed_rank", "script"),
    ("Liquibase", "databasechangelog", "orderexecuted", "md5sum"),
    ("Knex", "knex_migrations", "id", "batch"),
    ("Laravel", "migrations", "id", "batch"),
    ("TypeORM", "migrations", "id", "timestamp"),
    ("Supabase Storage", "migrations", "id", "executed_at"),
    ("goose", "goose_db_version", "id", "version_id"),
    ("Drizzle", "__drizzle_migrations", "id", "hash"),
    ("Sequelize", "SequelizeMeta", "name", "name"),
    ("sqlx", "_sqlx_migrations", "version", "checksum"),
    ("Entity Framework", "__EFMigrationsHistory", "MigrationId", "ProductVersion"),
    ("Diesel", "__diesel_schema_migrations", "version", "run_on"),
    ("refinery", "refinery_schema_history", "version", "applied_on"),
    ("node-pg-migrate", "pgmigrations", "id", "run_on"),
    ("Kysely", "kysely_migration", "timestamp", "name"),
    ("MikroORM", "mikro_orm_migrations", "id", "executed_at"),
    ("Doctrine", "doctrine_migration_versions", "executed_at", "version"),
    ("Phinx", "phinxlog", "version", "migration_name"),
    ("Yoyo", "_yoyo_migration", "applied_at_utc", "migration_hash"),
    ("Aerich", "aerich", "id", "version"),
    ("Sqitch", "changes", "committed_at", "change_id"),
    ("Atlas", "atlas_schema_revisions", "executed_at", "version"),
    ("Bun", "bun_migrations", "id", "group_id"),
)
# What may be as long as the migration itself.
_LONG = ["statements", "rollback", "logs", "error_stmt", "script_body"]

_TABLES = """
SELECT DISTINCT ON (n.nspname, c.relname) k.tool, n.nspname::text AS schema, c.relname::text AS name, k.newest
FROM unnest(%(tools)s::text[], %(names)s::text[], %(newest)s::text[], %(also)s::text[])
    WITH ORDINALITY AS k (tool, name, newest, also, place)
JOIN pg_catalog.pg_class c ON c.relname = k.name AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_'
WHERE (SELECT count(*) FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN (k.newest, k.also))
    = CASE WHEN k.newest = k.also THEN 1 ELSE 2 END
ORDER BY n.nspname, c.relname, k.place
"""


@dataclass(frozen=True)
class MigrationTable:
    """A table in which a tool notes what it has applied. newest: the column that orders its rows."""

    tool: str
    schema: str
    name: str
    newest: str

    @property
    def full(self) -> str:
        """Its name as people read it."""
        return f"{self.schema}.{self.name}"


def tables(conn: Connection) -> list[MigrationTable]:
    """Those of this database, by name; asks the catalog alone, so that no lock is waited for."""
    tools, names, newest, also = (list(part) for part in zip(*KNOWN, strict=True))
    found = conn.execute(_TABLES, {"tools": tools, "names": names, "newest": newest, "also": also}).fetchall()
    return [MigrationTable(**row) for row in found]


def last(conn: Connection, table: MigrationTable, most: int | None = None) -> list[dict[str, Any]]:
    """Its newest rows, the last first, without the migrations' own text; waits for the table. Raises psycopg.Error."""
    query = sql.SQL("SELECT to_jsonb(t) - {}::text[] AS line FROM {} t ORDER BY {} DESC LIMIT {}").format(
        sql.Literal(_LONG), sql.Identifier(table.schema, table.name), sql.Identifier(table.newest), sql.Literal(most)
    )
    return [row["line"] for row in conn.execute(query).fetchall()]
