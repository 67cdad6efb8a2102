"""Migration tools' own tables: known by name and columns, told from namesakes, read newest first."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres import migrations_seen
from fireline.postgres.connect import Target, connect
from tests.servers import PATIENTS

TABLES = """
CREATE TABLE schema_migrations (version text PRIMARY KEY, statements text[]);
INSERT INTO schema_migrations SELECT '2026' || n, ARRAY['CREATE TABLE t'] FROM generate_series(1, 9) n;
CREATE TABLE "SequelizeMeta" (name text);
CREATE SCHEMA "Odd one";
CREATE TABLE "Odd one".migrations (id int, migration text, batch int);
CREATE TABLE migrations (id int, species text);
CREATE TABLE changes (id int, committed_at timestamptz);
CREATE VIEW aerich AS SELECT 1 AS id, 2 AS version;
"""


@pytest.mark.parametrize("fixture", PATIENTS)
def test_known_tables_are_found_and_namesakes_are_not(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(TABLES.encode())
    with connect(target) as conn:
        found = migrations_seen.tables(conn)
        assert [(one.full, one.tool.split(",")[0]) for one in found] == [
            ("Odd one.migrations", "Laravel"),
            ("public.SequelizeMeta", "Sequelize"),
            ("public.schema_migrations", "Rails"),
        ]
        assert migrations_seen.last(conn, found[0]) == []
        assert migrations_seen.last(conn, found[2], 2) == [{"version": "20269"}, {"version": "20268"}]
        assert len(migrations_seen.last(conn, found[2])) == 9


def test_a_database_without_any_has_none(patient: Target) -> None:
    with connect(patient) as conn:
        assert migrations_seen.tables(conn) == []
