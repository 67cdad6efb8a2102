"""Statements held against real servers: what is missing is told apart, and nothing is ever run."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint.database.patient import open_

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, email text, state text);
CREATE SCHEMA reports; CREATE TABLE reports.monthly (n int);
CREATE SEQUENCE touched;
CREATE FUNCTION touch() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('touched') $$;
CREATE FUNCTION clean() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users WHERE false; END $$;
CREATE FUNCTION freshen() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('ANALYZE %I', 'users'); END $$;
CREATE FUNCTION outer_one() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM clean(); END $$;
CREATE FUNCTION looks() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM users); END $$;
"""


@pytest.fixture
def shop(target: Target) -> Target:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(SCHEMA)
    return target


@pytest.mark.parametrize(
    ("sql", "kind", "name"),
    [
        ("SELECT * FROM userz", "table", "userz"),
        ("SELECT nope(1)", "function", "nope"),
        ("SELECT emial FROM users", "column", "emial"),
        ("SELECT 1::nope", "type", "nope"),
        ("SELECT nix.f()", "function", "nix.f"),
        ("SELECT * FROM users WHERE id = 'x'", "mismatch", None),
        ("SELECT * FROM users WHERE id IN ('x'::text)", "mismatch", "IN"),
        ("SELECT state, email FROM users GROUP BY state", "other", None),
        ("SELECT * FROM pgrowlocks('users')", "extension", "pgrowlocks"),
        ("SELECT $9", "other", "$9"),
        ("TRUNCATE userz", "table", "userz"),
        ("ALTER TABLE users DROP COLUMN nope", "column", "users.nope"),
        ("CREATE INDEX CONCURRENTLY ON users (emial)", "column", "users.emial"),
        ("SHOW wrk_mem", "other", "wrk_mem"),
        ("GRANT SELECT ON users TO nobody_here", "other", "nobody_here"),
        ("CREATE EXTENSION no_such_thing", "extension", "no_such_thing"),
        ("EXPLAIN ANALYZE DELETE FROM userz", "table", "userz"),
    ],
)
def test_each_kind_of_mistake_is_told_apart(shop: Target, sql: str, kind: str, name: str | None) -> None:
    with open_(shop) as patient:
        said = patient.judge(sql).problem
    assert said is not None
    assert said.kind == kind
    assert name is None or said.name == name


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT email FROM users",
        "DELETE FROM users WHERE id = $1",
        "WITH old AS (SELECT 1 AS a) SELECT a FROM old",
        "VACUUM users",
        "ALTER TABLE users ADD COLUMN x int",
        "DROP TABLE IF EXISTS userz",
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
        "SET work_mem = '64MB'",
    ],
)
def test_what_is_there_is_no_problem(shop: Target, sql: str) -> None:
    with open_(shop) as patient:
        judged = patient.judge(sql, 1)
    assert (judged.problem, judged.unknown, judged.writes) == (None, None, None)


def test_several_statements_and_what_only_runs_stay_unknown_and_run_nothing(shop: Target) -> None:
    with open_(shop) as patient:
        assert "2 statements" in str(patient.judge("SELECT 1; DROP TABLE users").unknown)
        assert patient.judge("DO $$ BEGIN DROP TABLE users; END $$").unknown
        assert patient.judge("COPY users TO PROGRAM 'touch /tmp/never'").unknown
        patient.judge("SELECT touch()")
        patient.judge("EXPLAIN ANALYZE SELECT touch()")
        patient.judge("CREATE TABLE made AS SELECT touch()")
    with psycopg.connect(shop.dsn.reveal()) as conn:
        row = conn.execute("SELECT is_called, to_regclass('made') FROM touched").fetchone()
        assert row == (False, None)


@pytest.mark.parametrize("name", ["clean", "freshen", "outer_one"])
def test_a_select_whose_function_changes_something_is_no_read(shop: Target, name: str) -> None:
    with open_(shop) as patient:
        assert "volatile" in str(patient.judge(f"SELECT {name}()").writes)
        assert patient.judge("SELECT looks()").writes is None


def test_the_reading_role_is_the_one_that_is_asked(shop: Target) -> None:
    with psycopg.connect(shop.dsn.reveal(), autocommit=True) as conn:
        name = f"reader_{conn.info.dbname}"
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
        conn.execute(f"GRANT SELECT (id) ON users TO {name}")
        try:
            dsn = psycopg.conninfo.make_conninfo(shop.dsn.reveal(), user=name, password="x")
            with open_(replace(shop, read_dsn=Secret(dsn))) as patient:
                said = patient.judge("SELECT email FROM users").problem
                assert said is not None
                assert (said.kind, said.sqlstate) == ("privilege", "42501")
                assert patient.judge("SELECT id FROM users").problem is None
                assert patient.judge("UPDATE users SET email = ''").problem is None
                denied = patient.judge("SELECT pg_read_file('x')").problem
                assert denied is not None
                assert denied.kind == "privilege"
        finally:
            conn.execute(f"DROP OWNED BY {name}")
            conn.execute(f"DROP ROLE {name}")


def test_a_locked_table_is_unknown_and_no_fault(shop: Target) -> None:
    with psycopg.connect(shop.dsn.reveal()) as other:
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        with open_(shop) as patient:
            judged = patient.judge("SELECT * FROM users")
    assert judged.problem is None
    assert judged.unknown


def test_a_connection_that_is_lost_makes_everything_unknown(shop: Target) -> None:
    with open_(shop) as patient, psycopg.connect(shop.dsn.reveal(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fireline' AND datname = current_database()"
        )
        assert patient.judge("SELECT 1").unknown
        assert patient.judge("SELECT 2").unknown


def test_similar_names_are_found_with_their_schema(shop: Target) -> None:
    with open_(shop) as patient:
        assert patient.similar("table", "userz") == ("users",)
        assert patient.similar("table", "monthly") == ("reports.monthly",)
        assert patient.similar("column", "users.emial") == ("email",)
        assert patient.columns("users") == ("id", "email", "state")
        assert patient.columns("nix") is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '{5}'::one[]",
        "SELECT '{{5}}'::two[][]",
        "SELECT '{[1,5)}'::many",
        "SELECT takes('{5}')",
        "SELECT '{(5)}'::pair[]",
        "SELECT '{[1,5)}'::spans[]",
    ],
)
def test_a_constant_whose_reading_would_run_a_check_is_not_sent(shop: Target, sql: str) -> None:
    with psycopg.connect(shop.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION ask(int) RETURNS bool LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the check ran'; END $$;"
            "CREATE DOMAIN one AS int CHECK (ask(VALUE)); CREATE DOMAIN two AS one; CREATE TYPE pair AS (a one);"
            "CREATE TYPE spans AS RANGE (subtype = one, multirange_type_name = many);"
            "CREATE FUNCTION takes(one[]) RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )
    with open_(shop) as patient:
        said = patient.judge(sql)
        plain = patient.judge("SELECT '5'::one")
    assert said.unknown is not None
    assert said.unknown.startswith("parsing it would run a check of")
    assert plain.unknown is None
    assert plain.problem is None
