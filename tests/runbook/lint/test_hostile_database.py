"""A database whose own objects would do something when a statement is looked at: lint has none of them run."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

import psycopg
import pytest

from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.lint.database import inquiry, patient
from fireline.runbook.lint.database.patient import open_

# Whatever of it is run leaves its name in a sequence that no transaction takes back, or waits, or fails.
HOSTILE = """
CREATE SEQUENCE ran;
CREATE FUNCTION note() RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION fold(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION inlined(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT public.fold($1)';
CREATE FUNCTION ask(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN public.note(); END $$;
CREATE DOMAIN small AS int CHECK (ask(VALUE)) DEFAULT fold(1);
CREATE TYPE pair AS (a small, b text);
CREATE TYPE spans AS RANGE (subtype = small, multirange_type_name = many);
CREATE DOMAIN pairs AS pair[];
CREATE FUNCTION meets(small[], int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.note()';
CREATE OPERATOR ### (leftarg = small[], rightarg = int, function = meets);
CREATE FUNCTION equals(pair, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.note()';
CREATE OPERATOR = (leftarg = pair, rightarg = int, function = equals);
CREATE FUNCTION plus(int, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT public.fold(1)';
CREATE OPERATOR +| (leftarg = int, rightarg = text, function = plus);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE FUNCTION as_mood(int) RETURNS mood LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.note(); RETURN 'bad'; END $$;
CREATE CAST (int AS mood) WITH FUNCTION as_mood(int) AS IMPLICIT;
CREATE TABLE orders (id int PRIMARY KEY, n small, d int DEFAULT fold(2), g int GENERATED ALWAYS AS (fold(1)) STORED, m mood);
CREATE TABLE lists (a small[], p pair);
CREATE INDEX ON orders (fold(id));
CREATE VIEW seen AS SELECT id, fold(id) AS f, note() AS n FROM orders WHERE note();
CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.note(); RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON orders FOR EACH STATEMENT EXECUTE FUNCTION fired();
CREATE TABLE ruled (id int);
CREATE RULE r AS ON INSERT TO ruled DO ALSO SELECT note(), fold(1);
CREATE RULE s AS ON DELETE TO ruled DO INSTEAD SELECT fold(1);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY; ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON orders USING (note() AND fold(id) = 1) WITH CHECK (note());
CREATE TABLE parts (id int) PARTITION BY RANGE (id);
CREATE FUNCTION counted(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.note(); RETURN 0; END $$;
CREATE OPERATOR CLASS odd FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 counted(int, int);
CREATE TABLE sorted (id int); CREATE INDEX ON sorted (id odd);
CREATE FUNCTION cut() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.note(); END $$;
"""
ARMED = """
CREATE OR REPLACE FUNCTION fold(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM public.note(); RAISE EXCEPTION 'it was folded'; END $$;
CREATE OR REPLACE FUNCTION note() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('public.ran'); PERFORM pg_sleep(5); RETURN true; END $$;
CREATE EVENT TRIGGER every_time ON ddl_command_start EXECUTE FUNCTION cut();
"""

STATEMENTS = """
SELECT fold(1)
SELECT inlined(1) WHERE note()
SELECT 1 FROM orders WHERE id = fold(7) LIMIT fold(1)
SELECT '5'::small
SELECT CAST('5' AS small), small '5'
SELECT '{5}'::small[]
SELECT '{5}' ### 1
SELECT * FROM lists WHERE '(5,x)' = 1
SELECT '(5,x)'::pair, '{"(5,x)"}'::pairs
SELECT '[1,5)'::spans, '{[1,5)}'::many
SELECT COALESCE(lists, '({5},x)') FROM lists
SELECT U&"sm\\0061ll" '5', '{5}'::U&"sm\\0061ll"[]
SELECT 1 +| 'x'
SELECT 1::mood
SELECT * FROM orders WHERE m = 1::int
SELECT 'orders'::regclass, 'fold(int)'::regprocedure, 'small'::regtype
SELECT * FROM seen
SELECT f FROM seen WHERE n ORDER BY f
SELECT * FROM sorted ORDER BY id
SELECT * FROM parts WHERE id = fold(1)
SELECT nextval('ran')
INSERT INTO orders (id) VALUES (1)
INSERT INTO orders (id, n) VALUES (1, '5') ON CONFLICT (id) DO UPDATE SET n = fold(1)
INSERT INTO lists VALUES ('{5}', '(5,x)')
INSERT INTO ruled VALUES (1)
INSERT INTO seen (id) VALUES (1)
UPDATE orders SET id = fold(1), n = DEFAULT
DELETE FROM orders WHERE note()
DELETE FROM ruled
MERGE INTO orders o USING ruled r ON o.id = fold(r.id) WHEN MATCHED THEN DELETE
EXPLAIN ANALYZE SELECT fold(1)
EXPLAIN ANALYZE INSERT INTO orders (id) VALUES (fold(1))
CREATE TABLE made AS SELECT fold(1)
CREATE VIEW made AS SELECT '{5}'::small[]
CREATE VIEW made AS SELECT '{5}' ### 1
CREATE MATERIALIZED VIEW made AS SELECT note()
COPY (SELECT '{5}'::small[]) TO STDOUT
COPY (SELECT '{5}' ### 1) TO STDOUT
COPY (DELETE FROM orders RETURNING fold(1)) TO STDOUT
COPY orders FROM PROGRAM 'true'
DECLARE c CURSOR FOR SELECT fold(1)
CALL note()
DO $$ BEGIN PERFORM note(); END $$
PREPARE p (small) AS SELECT $1
EXECUTE p ('5')
ALTER TABLE orders ALTER COLUMN id TYPE small USING fold(id)
ALTER TABLE orders ADD COLUMN z int DEFAULT fold(1)
ALTER TABLE orders ADD CHECK (note())
ALTER DOMAIN small VALIDATE CONSTRAINT small_check
CREATE INDEX ON orders (inlined(id))
REINDEX TABLE orders
VACUUM orders
ANALYZE orders
REFRESH MATERIALIZED VIEW seen
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (fold(1)) TO (fold(2))
SET SESSION AUTHORIZATION DEFAULT
SET ran.x = '1'
LOCK TABLE orders
TRUNCATE orders
DROP TABLE orders
CREATE TABLE ddl (i int)
NOTIFY x
SELECT pg_sleep(30)
SELECT set_config('search_path', 'nowhere', false)
SELECT pg_notify('a', 'b'), pg_terminate_backend(pg_backend_pid())
SELECT * FROM lists RETURNING '{5}'::small[]
TABLE seen
VALUES (fold(1))
WITH w AS (INSERT INTO orders (id) VALUES (1) RETURNING fold(id)) SELECT * FROM w
""".strip().splitlines()


@pytest.fixture
def hostile(target: Target) -> Target:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(HOSTILE)
        conn.execute(ARMED)
    return target


def _ran(target: Target) -> object:
    with psycopg.connect(target.dsn.reveal()) as conn:
        return conn.execute(
            "SELECT is_called, to_regclass('made'), to_regclass('ddl'), (SELECT string_agg(funcname, ' ') FROM pg_stat_user_functions WHERE schemaname <> 'pg_catalog') FROM ran"
        ).fetchone()


def test_no_function_of_the_database_runs_whatever_the_statement(hostile: Target) -> None:
    dsn = psycopg.conninfo.make_conninfo(hostile.dsn.reveal(), options="-c track_functions=all")
    begun = time.monotonic()
    with open_(Target("hostile", Secret(dsn))) as known:
        for sql in STATEMENTS:
            known.judge(sql, 1)
        assert known.judge("SELECT id FROM ruled").problem is None  # the session is still there, and as it was
        assert known.judge("SELECT id FROM nowhere").problem is not None
    assert time.monotonic() - begun < 20
    assert _ran(hostile) == (False, None, None, None)


@pytest.mark.parametrize(
    "sql", ["SELECT '{5}' ### 1", "CREATE VIEW made AS SELECT '{5}'::small[]", "COPY (SELECT '{5}' ### 1) TO STDOUT"]
)
def test_what_was_not_sent_is_unknown(hostile: Target, sql: str) -> None:
    with open_(hostile) as known:
        assert "would run a check of" in str(known.judge(sql).unknown)


def test_what_the_path_puts_before_postgresqls_own_is_not_called(target: Target) -> None:
    dsn = target.dsn.reveal()
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "CREATE SEQUENCE ran;"
            "CREATE FUNCTION over(int, int) RETURNS int LANGUAGE sql AS $$ SELECT nextval('public.ran')::pg_catalog.int4 $$;"
            "CREATE OPERATOR / (leftarg = int, rightarg = int, function = over);"
            "CREATE FUNCTION same(text, text) RETURNS bool LANGUAGE sql AS $$ SELECT nextval('public.ran') IS NULL $$;"
            "CREATE OPERATOR = (leftarg = text, rightarg = text, function = same);"
            "CREATE FUNCTION current_setting(text, bool) RETURNS text LANGUAGE sql AS $$ SELECT nextval('public.ran')::pg_catalog.text $$;"
            "CREATE FUNCTION set_config(text, text, bool) RETURNS text LANGUAGE sql AS $$ SELECT nextval('public.ran')::pg_catalog.text $$;"
            "CREATE FUNCTION current_schemas(bool) RETURNS text[] LANGUAGE sql AS $$ SELECT ARRAY[nextval('public.ran')::pg_catalog.text] $$;"
            "CREATE FUNCTION ask(pg_catalog.text) RETURNS bool LANGUAGE sql AS $$ SELECT nextval('public.ran') > 0 $$;"
            "CREATE DOMAIN text AS pg_catalog.text CHECK (ask(VALUE));"
            "CREATE TABLE t (a int)"
        )
        name = conn.info.dbname
        conn.execute(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog')
    with open_(target) as known:
        assert known.judge("SELECT a FROM t").problem is None
        assert known.columns("t") == ("a",)
        known.similar("column", "t.b")
        known.judge("ALTER TABLE t DROP COLUMN a")
        known.judge("SHOW work_mem")
        known.judge("SELECT nope(1)")
    with psycopg.connect(dsn) as conn:
        assert conn.execute("SELECT is_called FROM public.ran").fetchone() == (False,)


def test_a_statement_has_its_time_and_all_together_have_theirs(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "_LOCK", timedelta(milliseconds=100))
    monkeypatch.setattr(patient, "_ALL", 0.15)
    with psycopg.connect(target.dsn.reveal()) as other:
        other.execute("CREATE TABLE t (a int)")
        other.commit()
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with open_(target) as known:
            said = [known.judge(f"SELECT a, {number} FROM t").unknown for number in range(5)]
    assert all(said)
    assert "took too long" in str(said[-1])


def test_a_server_that_freezes_is_waited_for_no_longer_than_said(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry, "PATIENCE", 0.5)
    with open_(target) as known, psycopg.connect(target.dsn.reveal()) as other:
        assert known.judge("SELECT 1").unknown is None
        rows = other.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'fireline' AND datname = current_database()"
        ).fetchall()
        try:
            for (pid,) in rows:
                os.kill(pid, signal.SIGSTOP)
            begun = time.monotonic()
            said = [known.judge(f"SELECT {number}").unknown for number in (2, 3)]
            waited = time.monotonic() - begun
        finally:
            for (pid,) in rows:
                os.kill(pid, signal.SIGCONT)
    assert rows
    assert all("was lost" in str(one) for one in said)
    assert waited < 10


def test_a_login_that_is_made_to_wait_ends(patient: Target) -> None:
    dsn = patient.dsn.reveal()
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$;"
            "CREATE EVENT TRIGGER slow ON login EXECUTE FUNCTION slow()"
        )
    begun = time.monotonic()
    waiting = psycopg.conninfo.make_conninfo(dsn, connect_timeout=2)
    with pytest.raises(TargetUnavailable), open_(Target("slow", Secret(waiting))):
        pass
    assert time.monotonic() - begun < 15
