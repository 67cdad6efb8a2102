"""Each question to the catalog answers on each version, also while everything is locked."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from fireline.postgres import catalog
from fireline.postgres.connect import Target, connect
from tests.servers import PATIENTS

QUESTIONS: dict[str, dict[str, Any]] = {
    "FUNCTIONS_BY_NAME": {"names": ["f", "now"]},
    "FUNCTIONS_BY_OID": {"oids": [1299]},
    "OPERATORS_BY_NAME": {"names": ["=", "###"]},
    "OPERATORS_BY_OID": {"oids": [96]},
    "CASTS": {},
    "TYPES": {"names": ["d"]},
    "RELATIONS_BY_NAME": {"names": ["t", "v"]},
}


@pytest.mark.parametrize("fixture", PATIENTS)
def test_every_question_is_answered_behind_a_lock_on_everything(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a + 1 AS b FROM t; CREATE DOMAIN d AS int CHECK (VALUE > 0);"
            "CREATE FUNCTION f(int) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR ### (FUNCTION = f, RIGHTARG = int);"
            "CREATE TYPE m AS ENUM ('x'); CREATE FUNCTION g(int) RETURNS m LANGUAGE sql AS 'SELECT ''x''::m';"
            "CREATE CAST (int AS m) WITH FUNCTION g(int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY p ON t USING (a > 1)"
        )
        owner.execute("BEGIN; LOCK TABLE t, v IN ACCESS EXCLUSIVE MODE")
        with connect(target) as conn:
            found = {
                name: conn.execute(getattr(catalog, name).encode(), values).fetchall()
                for name, values in QUESTIONS.items()
            }
            oids = [row["oid"] for row in found["RELATIONS_BY_NAME"]]
            inside = conn.execute(catalog.INSIDE.encode(), {"oids": oids, "through_view": True}).fetchall()
            parts = conn.execute(
                catalog.TYPE_PARTS.encode(), {"oids": [row["oid"] for row in found["TYPES"]]}
            ).fetchall()
        owner.execute("ROLLBACK")
    assert all(found.values())
    assert {row["relname"]: len(row["trees"] or []) for row in inside} == {"t": 1, "v": 1}
    assert len(parts[0]["trees"]) == 1
    assert found["CASTS"][0]["function"]["name"] == "g"
    assert {row["name"] for row in found["OPERATORS_BY_NAME"]} == {"=", "###"}
