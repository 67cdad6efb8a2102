"""Migrations built on a scratch server: what fails is told at its line, the rest is there, and nothing leaves the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.errors import Usage
from fireline.runbook.lint.migrations.building import built
from fireline.runbook.lint.migrations.files import files, pieces


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_a_supabase_folder_is_built_with_what_supabase_provides(tmp_path: Path) -> None:
    out = tmp_path / "hacked"
    _write(
        tmp_path,
        "supabase/migrations/1_a.sql",
        'SET statement_timeout = 0;\nCREATE EXTENSION "uuid-ossp" WITH SCHEMA extensions;\nBEGIN;\n'
        "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT uuid_generate_v4() REFERENCES auth.users);\n"
        "CREATE POLICY own ON users TO authenticated USING (auth.uid() = id);\nCOMMIT;\n"
        "CREATE TABLE orders (id int, x nosuchtype);\nALTER TABLE orders ADD y int;\n"
        f"COPY (SELECT 1) TO PROGRAM 'touch {out}';\nGRANT SELECT ON users TO app_reader;\n",
    )
    with built(tmp_path) as (patient, faults):
        assert [(one.line, one.sqlstate) for one in faults if one.unknown is None] == [(7, "42704")]
        assert {one.line for one in faults if one.unknown} == {8, 9}
        assert patient.judge("SELECT id FROM users").problem is None
        missing = patient.judge("SELECT * FROM nix").problem
        assert missing is not None
        assert missing.kind == "table"
        assert "did not apply" in str(patient.judge("SELECT * FROM orders").unknown)
        assert "Fireline's own" in str(patient.judge("SELECT optimize_database()").unknown)
    assert not out.exists()


def test_a_folder_without_migrations_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(Usage), built(tmp_path):
        pass


def test_the_order_is_that_of_the_tool(tmp_path: Path) -> None:
    for name in ("V2__b.sql", "V10__c.sql", "V1.1__a.sql", "R__views.sql", "U2__b.sql"):
        _write(tmp_path, f"flyway/{name}", "SELECT 1;")
    assert [one.name for one in files(tmp_path / "flyway")] == [
        "V1.1__a.sql",
        "V2__b.sql",
        "V10__c.sql",
        "R__views.sql",
    ]
    for name in ("20240101_a/migration.sql", "20240201_b/migration.sql"):
        _write(tmp_path, f"prisma/migrations/{name}", "SELECT 1;")
    assert [one.parent.name for one in files(tmp_path / "prisma" / "migrations")] == ["20240101_a", "20240201_b"]
    for name in ("10_c.up.sql", "2_b.up.sql", "2_b.down.sql"):
        _write(tmp_path, f"plain/{name}", "SELECT 1;")
    assert [one.name for one in files(tmp_path / "plain")] == ["2_b.up.sql", "10_c.up.sql"]


@pytest.mark.parametrize(
    "text",
    [
        "-- migrate:up\nSELECT 1;\n-- migrate:down\nDROP TABLE a;\n",
        "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE a;\n",
    ],
)
def test_only_the_way_up_is_run(tmp_path: Path, text: str) -> None:
    _write(tmp_path, "a.sql", text)
    assert [(one.line, one.sql) for one in pieces(tmp_path / "a.sql")] == [(2, "SELECT 1")]


def test_rows_of_a_dump_are_data_and_no_statements(tmp_path: Path) -> None:
    _write(tmp_path, "a.sql", "\\connect x\nCOPY a (b) FROM stdin;\n1;\n2\n\\.\n\nSELECT 2;\n")
    assert [(one.line, one.data) for one in pieces(tmp_path / "a.sql")] == [(2, "1;\n2\n"), (7, None)]
