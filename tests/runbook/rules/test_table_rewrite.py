"""What writes a table anew is a warning, as a real server does it; what depends on a type that is not known is said so."""

from __future__ import annotations

import psycopg
import pytest

from fireline.postgres.connect import Target
from fireline.runbook.lint.rule import Unknown
from fireline.runbook.rules.table_rewrite import rule
from tests.runbook.rules.saying import faults, lines, look

REWRITES = [
    "ALTER TABLE t ALTER a TYPE bigint",
    "ALTER TABLE t ADD b uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE t ADD b timestamptz DEFAULT clock_timestamp()",
    "ALTER TABLE t ADD b bigserial",
    "ALTER TABLE t ADD b int GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE t ADD b int GENERATED ALWAYS AS (a + 1) STORED",
    "ALTER TABLE t SET UNLOGGED",
    "ALTER TABLE t ALTER c TYPE text USING upper(c)",
    "CLUSTER t USING t_a",
    "VACUUM FULL t",
]
KEEPS = [
    "ALTER TABLE t ADD b int",
    "ALTER TABLE t ADD b int DEFAULT 7",
    "ALTER TABLE t ADD b timestamptz DEFAULT now()",
    "ALTER TABLE t ADD b int GENERATED ALWAYS AS (a + 1) VIRTUAL",
    "ALTER TABLE t ALTER a SET NOT NULL",
    "VACUUM t",
]


def sql(text: str) -> str:
    return f"# Ids\n\n1. **Change:**\n   ```sql\n   {text};\n   ```\n"


def rewritten(patient: Target, statement: str) -> bool:
    """Whether the table has another file afterwards."""
    node = b"SELECT pg_relation_filenode('t')"
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE t (a int, c varchar(10)); CREATE INDEX t_a ON t (a); INSERT INTO t SELECT 1, 'x'")
        before = conn.execute(node).fetchone()
        conn.execute(statement.encode())
        return conn.execute(node).fetchone() != before


@pytest.mark.parametrize("statement", REWRITES)
def test_what_rewrites_on_a_server_is_found(statement: str, patient: Target) -> None:
    assert lines(rule, sql(statement)) == [(5, "warning")]
    assert rewritten(patient, statement)


@pytest.mark.parametrize("statement", KEEPS)
def test_what_rewrites_nothing_is_left_alone(statement: str, patient: Target) -> None:
    assert look(rule, sql(statement)) == []
    assert not rewritten(patient, statement)


def test_what_depends_on_the_type_it_has_is_unknown() -> None:
    [said] = look(rule, sql("ALTER TABLE t ALTER c TYPE varchar(200)"))
    assert isinstance(said, Unknown)
    [said] = look(rule, sql("ALTER TABLE t ADD b text DEFAULT our_own()"))
    assert isinstance(said, Unknown)


def test_a_table_that_the_script_made_is_left_alone() -> None:
    assert faults(rule, sql("CREATE TABLE t (a int);\n   ALTER TABLE t ALTER a TYPE bigint")) == []
