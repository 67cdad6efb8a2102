"""The statements that exchange one table's rows, run as they are printed: all that hangs on the table stays."""

from __future__ import annotations

import psycopg
import pytest

from fireline.errors import NotFound
from fireline.postgres.connect import Target, connect
from fireline.recovery import single_table
from tests.servers import PATIENTS

MADE = """
CREATE SCHEMA "My Shop";
CREATE TABLE "My Shop"."Orders" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, length int GENERATED ALWAYS AS (length(what)) STORED, changes int DEFAULT 0);
CREATE TABLE lines (id int, "order" bigint CONSTRAINT "of order" REFERENCES "My Shop"."Orders" ON DELETE CASCADE);
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changes := NEW.changes + 1; RETURN NEW; END $$;
INSERT INTO "My Shop"."Orders" (what) SELECT 'order ' || n FROM generate_series(1, 5) AS n;
INSERT INTO lines SELECT n, n FROM generate_series(1, 5) AS n;
CREATE TRIGGER counted BEFORE INSERT ON "My Shop"."Orders" FOR EACH ROW EXECUTE FUNCTION count_change();
CREATE VIEW titles AS SELECT what FROM "My Shop"."Orders";
"""


@pytest.mark.parametrize("version", PATIENTS)
def test_one_tables_rows_are_exchanged_and_exchanged_back(request: pytest.FixtureRequest, version: str) -> None:
    target: Target = request.getfixturevalue(version)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(MADE)
        with connect(target) as look:
            load, exchange, check, back = single_table.statements(look, '"My Shop"."Orders"')
        conn.execute("\n".join(line for line in load["statement"].splitlines() if not line.startswith("--")))
        conn.execute(
            "INSERT INTO restored.\"Orders\" (id, what) SELECT n, 'restored ' || n FROM generate_series(1, 7) AS n"
        )
        conn.execute(exchange["statement"])
        conn.execute(check["statement"])
        rows = 'SELECT id, what, length, changes FROM "My Shop"."Orders" ORDER BY id'
        assert conn.execute(rows).fetchall() == [(n, f"restored {n}", 10, 0) for n in range(1, 8)]
        assert conn.execute("SELECT count(*) FROM lines").fetchone() == (5,), "nothing cascaded"
        assert conn.execute("SELECT min(what) FROM titles").fetchone() == ("restored 1",)
        added = conn.execute('INSERT INTO "My Shop"."Orders" (what) VALUES (\'new\') RETURNING id, changes').fetchone()
        assert added == (8, 1), "the sequence goes on, and the trigger is on again"
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            conn.execute("INSERT INTO lines VALUES (9, 99)")
        conn.execute(back["statement"])
        assert conn.execute(rows).fetchall() == [(n, f"order {n}", 7, 0) for n in range(1, 6)]
        assert conn.execute('SELECT count(*) FROM restored."Orders_before_undo"').fetchone() == (8,)


def test_a_table_that_is_not_there_is_said(patient: Target) -> None:
    with connect(patient) as conn, pytest.raises(NotFound, match="there is no table nowhere"):
        single_table.statements(conn, "nowhere")
