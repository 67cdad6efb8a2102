"""Read is proved: every known way around is asked about, and plain reads are not."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from fireline.postgres.connect import Connection, Target, connect
from fireline.postgres.proof import prove
from fireline.redact import Secret
from tests.servers import PATIENTS

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE assignments (id int, user_id int);
CREATE TABLE admin_actions (id int, created_at timestamptz);
CREATE TABLE login_history (id int, success boolean, created_at timestamptz);
CREATE VIEW active_users AS SELECT id, upper(name) AS name FROM users WHERE name LIKE 'a%' ORDER BY 1;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM users;
CREATE FUNCTION optimize_database() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION calm(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT pg_terminate_backend($1)';
CREATE FUNCTION still(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT pg_terminate_backend($1)';
CREATE FUNCTION computed(users) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT pg_terminate_backend($1.id)';
CREATE FUNCTION anyrow(anyelement) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT pg_reload_conf()';
CREATE VIEW evil AS SELECT pg_terminate_backend(id) AS gone FROM users;
CREATE VIEW evil_inside AS SELECT * FROM (SELECT 1 AS a UNION SELECT id FROM users WHERE calm(id)) x;
CREATE VIEW evil_twice AS SELECT a FROM evil_inside;
CREATE VIEW evil_lock AS SELECT * FROM users FOR UPDATE;
CREATE VIEW evil_sublink AS SELECT 1 AS a WHERE EXISTS (SELECT FROM users u WHERE u.id IN (SELECT still(3)::int));
CREATE OPERATOR ### (FUNCTION = calm, RIGHTARG = int);
CREATE FUNCTION same(text, users) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT pg_reload_conf()';
CREATE VIEW evil_operator AS SELECT ### id AS gone FROM users;
CREATE DOMAIN careful AS text CHECK (calm(length(VALUE)));
CREATE DOMAIN harmless AS text CHECK (length(VALUE) > 1);
CREATE TYPE pair AS (a int, b careful);
CREATE TABLE holder (c careful, p pair);
CREATE TABLE clean (h harmless);
CREATE AGGREGATE evil_sum (int) (sfunc = int4pl, stype = int);
CREATE SCHEMA other;
CREATE FUNCTION other.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT clock_timestamp()';
"""


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    """The same tests on each version."""
    found: Target = request.getfixturevalue(request.param)
    with psycopg.connect(found.dsn.reveal(), autocommit=True) as conn:
        conn.execute(SCHEMA.encode())
    return found


@pytest.fixture
def conn(target: Target) -> Iterator[Connection]:
    with connect(target) as opened:
        yield opened


READS = [
    "SELECT count(*) as active_connections\nFROM pg_stat_activity\nWHERE state = 'active';",
    "SELECT * FROM pg_policies\nWHERE schemaname = 'public';",
    "SELECT * FROM admin_actions\nORDER BY created_at DESC\nLIMIT 100;",
    "SELECT * FROM login_history\nWHERE success = false\nORDER BY created_at DESC\nLIMIT 100;",
    "SELECT COUNT(*) FROM users;",
    "-- how many; pg_reload_conf()\nSELECT COUNT(*) FROM assignments /* ; DROP TABLE users */",
    "VALUES (1), (2)",
    "TABLE users",
    "SHOW ALL",
    "EXPLAIN (VERBOSE, FORMAT json) SELECT * FROM users",
    "SELECT * FROM active_users a JOIN counted c ON a.id = c.n",
    "SELECT u.id, u.name, (u).name, u FROM users u WHERE u.id BETWEEN 1 AND 2 OR name ILIKE ANY (ARRAY['a%'])",
    "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT sum(n) FROM t",
    "SELECT now() - xact_start, pg_blocking_pids(l.pid), age(backend_xmin) FROM pg_stat_activity, pg_locks l",
    "SELECT pg_size_pretty(pg_total_relation_size('users'::regclass)), pg_is_in_recovery(), random()",
    "SELECT 'pg_terminate_backend(1)', $$SELECT pg_reload_conf()$$, E'\\'; DROP TABLE users; --'",
    "SELECT h::text FROM clean WHERE h = 'ab'::harmless",
    "SELECT rank() OVER (PARTITION BY name ORDER BY id), string_agg(name, ',') FILTER (WHERE id > 1) FROM users GROUP BY id, name",
    "SELECT * FROM json_to_recordset('[{\"a\":1}]') AS x(a int), generate_series(1, 3) WITH ORDINALITY, LATERAL unnest(ARRAY[1])",
    "SELECT extract(epoch FROM now()), date '2026-01-01' + interval '1 day', current_user, coalesce(NULLIF(1, 2), 3)",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_locks l LEFT JOIN pg_stat_all_tables s ON s.relid = l.relation ORDER BY 1 NULLS LAST",
    "SELECT id FROM users TABLESAMPLE SYSTEM (10)",
    "SELECT * FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10",
]

WAYS_AROUND = [
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity",
    'SELECT "pg_catalog"."pg_reload_conf"()',
    "SELECT pg_stat_reset()",
    "SELECT pg_stat_statements_reset()",
    "SELECT pg_create_physical_replication_slot('s')",
    "SELECT * FROM pg_logical_slot_get_changes('s', NULL, NULL)",
    "SELECT pg_drop_replication_slot('s')",
    "SELECT dblink_exec('dbname=postgres', 'DROP TABLE users')",
    "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)",
    "COPY users TO PROGRAM 'cat'",
    "COPY users TO STDOUT",
    "LOCK TABLE users",
    "ANALYZE users",
    "SET TRANSACTION READ WRITE; INSERT INTO users VALUES (1)",
    "SET TRANSACTION READ WRITE",
    "BEGIN",
    "COMMIT; DROP TABLE users",
    "EXPLAIN ANALYZE DELETE FROM users",
    "EXPLAIN (ANALYZE) SELECT 1",
    "EXPLAIN (ANALYZE false) SELECT 1",
    "EXPLAIN (SERIALIZE) SELECT 1",
    "EXPLAIN DELETE FROM users",
    "EXPLAIN SELECT calm(1)",
    "SELECT optimize_database()",
    "SELECT * FROM optimize_database()",
    "SELECT calm(1)",
    "SELECT still(1)",
    "SELECT other.now()",
    "SELECT u.computed FROM users u",
    "SELECT (u).computed FROM users u",
    "SELECT u.anyrow FROM users u",
    "SELECT public.computed(u) FROM users u",
    "SELECT evil_sum(id) FROM users",
    "SELECT * FROM evil",
    "SELECT count(*) FROM evil",
    "SELECT * FROM evil_twice",
    "SELECT * FROM evil_lock",
    "SELECT * FROM evil_sublink",
    "SELECT * FROM evil_operator",
    "WITH evil AS (SELECT 1) SELECT * FROM (SELECT * FROM public.evil) x",
    "WITH x AS (WITH evil AS (SELECT 1) SELECT 2) SELECT * FROM evil, x",
    "SELECT ### 1",
    "SELECT OPERATOR(public.###) 1",
    "SELECT 1 ORDER BY 1 = 1, ### 2",
    "SELECT 'x'::careful",
    "SELECT careful('x')",
    "SELECT CAST(name AS careful[]) FROM users",
    "SELECT '{x}'::careful[]",
    "SELECT '(1,x)'::pair",
    "SELECT * FROM holder WHERE p = '(1,x)'",
    "SELECT CASE WHEN true THEN c ELSE 'y' END FROM holder",
    "SELECT * FROM json_populate_record(NULL::pair, '{}')",
    "SELECT * FROM json_to_record('{}') AS x(a careful)",
    "SELECT domain_in('x'::cstring, 'careful'::regtype, -1)",
    "SELECT array_in('{x}'::cstring, 'careful'::regtype, -1)",
    "WITH x AS (INSERT INTO users VALUES (1) RETURNING *) SELECT * FROM x",
    "WITH x AS (DELETE FROM users RETURNING *) SELECT 1",
    "SELECT * INTO copied FROM users",
    "CREATE TABLE copied AS SELECT 1",
    "SELECT * FROM users FOR UPDATE",
    "SELECT * FROM (SELECT * FROM users FOR KEY SHARE) x",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE users",
    "SELECT 1 /* */; -- ;\nDROP TABLE users",
    "SELECT 1 \0; DROP TABLE users",
    "DO $$ BEGIN DELETE FROM users; END $$",
    "CALL anything()",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "SET default_transaction_read_only = off",
    "RESET ALL",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SELECT nextval('s')",
    "SELECT setval('s', 1)",
    "SELECT pg_notify('a', 'b')",
    "NOTIFY a",
    "SELECT txid_current()",
    "SELECT pg_current_xact_id()",
    "SELECT query_to_xml('DELETE FROM users', true, true, '')",
    "SELECT table_to_xml('evil', true, true, '')",
    "SELECT * FROM ts_stat('SELECT pg_reload_conf()::text::tsvector')",
    "SELECT pg_logical_emit_message(true, 'a', 'b')",
    "SELECT pg_create_restore_point('x')",
    "SELECT pg_switch_wal()",
    "SELECT pg_promote()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_export_snapshot()",
    "SELECT pg_wal_replay_pause()",
    "SELECT pg_sleep(1)",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_unlink(1)",
    "SELECT fmgr_c_validator('int4in'::regproc)",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "DECLARE c CURSOR FOR SELECT 1",
    "VACUUM",
    "",
    "-- nothing",
    "\\d users",
    "SELECT :'name'",
]


OBJECTIONS = {
    "SELECT pg_sleep(1)": "pg_sleep() is volatile: it may change something",
    "SELECT optimize_database()": "public.optimize_database() is volatile: it may change something",
    "SELECT calm(1)": "public.calm() is a function of your own: what it calls is not known",
    "SELECT * FROM evil": "a view, policy or type in it calls it: pg_terminate_backend() is volatile",
    "SELECT ### 1": "the operator public.### calls it: public.calm() is a function of your own",
    "SELECT * FROM users FOR UPDATE": "FOR UPDATE and FOR SHARE lock rows",
    "DELETE FROM users": "it is DELETE, not a SELECT",
    "SELECT 1; SELECT 2": "it is 2 statements, not one",
}


def test_plain_reads_are_proved(conn: Connection, target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE EXTENSION pg_stat_statements")
    proofs = {statement: prove(conn, statement) for statement in READS}
    assert {statement: proof.reason for statement, proof in proofs.items() if proof.level != "read"} == {}
    assert [proof for proof in proofs.values() if proof.error or proof.hint] == []


def test_no_way_around_is_proved(conn: Connection) -> None:
    proofs = {statement: prove(conn, statement) for statement in WAYS_AROUND}
    assert [statement for statement, proof in proofs.items() if proof.level is not None or not proof.reason] == []


def test_proving_runs_nothing_and_leaves_the_session_as_it_was(conn: Connection, target: Target) -> None:
    before = conn.execute("SHOW search_path").fetchone()
    for statement in [*READS, *WAYS_AROUND]:
        prove(conn, statement)
    assert conn.execute("SHOW search_path").fetchone() == before
    assert conn.execute("SELECT pg_current_xact_id_if_assigned() AS id").fetchone() == {"id": None}
    with psycopg.connect(target.dsn.reveal()) as owner:
        assert owner.execute("SELECT to_regclass('users'), to_regclass('copied')").fetchone() == ("users", None)


def test_a_person_is_told_what_stands_against_it(conn: Connection) -> None:
    for statement, words in OBJECTIONS.items():
        assert words in prove(conn, statement).reason


def test_what_the_server_can_not_parse_says_so_in_its_own_words(conn: Connection) -> None:
    proof = prove(conn, "SELECT nam FROM users")
    assert (proof.level, proof.error) == (None, 'column "nam" does not exist')
    assert proof.hint == 'Perhaps you meant to reference the column "users.name".'
    assert prove(conn, "SELECT nowhere_function(1)").error == "function nowhere_function(integer) does not exist"
    assert prove(conn, "SELECT * FROM nowhere").error == 'relation "nowhere" does not exist'
    assert prove(conn, "SELECT $1::int + $2", [1]).error == "there is no value for $2"
    assert prove(conn, "SELECT $1::int", [1]).level == "read"


def test_a_function_in_a_schema_that_is_searched_first_is_the_one_meant(conn: Connection) -> None:
    assert prove(conn, "SELECT now()").level == "read"
    conn.execute("SET search_path = other, pg_catalog, public")
    assert prove(conn, "SELECT now()").reason == "other.now() is a function of your own: what it calls is not known"


def test_policies_count_for_a_role_they_apply_to(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE ROLE policed LOGIN PASSWORD 'policed-pw'")
        owner.execute("GRANT SELECT ON users TO policed; ALTER TABLE users ENABLE ROW LEVEL SECURITY")
        owner.execute("CREATE POLICY p ON users FOR SELECT USING (id = 1)")
        policed = Target("main", Secret(f"{owner.info.dsn} user=policed password=policed-pw"))
        try:
            with connect(policed) as conn:
                assert prove(conn, "SELECT * FROM users").level == "read"
            owner.execute("ALTER POLICY p ON users USING (calm(id))")
            with connect(policed) as conn:
                assert "public.calm() is a function of your own" in prove(conn, "SELECT * FROM users").reason
            with connect(target) as conn:
                assert prove(conn, "SELECT * FROM users").level == "read"
                assert prove(conn, "SELECT * FROM active_users").level is None
        finally:
            owner.execute("DROP OWNED BY policed; DROP ROLE policed")


def test_a_cast_of_your_own_is_not_trusted(conn: Connection, target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE TYPE mood AS ENUM ('good')")
        owner.execute("CREATE FUNCTION to_mood(int) RETURNS mood LANGUAGE sql STABLE AS 'SELECT ''good''::mood'")
        owner.execute("CREATE CAST (int AS mood) WITH FUNCTION to_mood(int)")
        assert prove(conn, "SELECT 1 = 2").level == "read"
        assert "to_mood" in prove(conn, "SELECT 1::mood").reason
        owner.execute("DROP CAST (int AS mood); CREATE CAST (int AS mood) WITH FUNCTION to_mood(int) AS IMPLICIT")
        assert "to_mood" in prove(conn, "SELECT 1 = 2").reason


def test_a_foreign_table_is_not_trusted_nor_a_partition_that_is_one(conn: Connection, target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w")
        owner.execute(
            "CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF parts FOR VALUES IN (1)"
        )
        assert prove(conn, "SELECT * FROM parts").level == "read"
        owner.execute("CREATE FOREIGN TABLE two PARTITION OF parts FOR VALUES IN (2) SERVER s")
    assert (
        prove(conn, "SELECT * FROM parts").reason == "public.two is a foreign table: what its server does is not known"
    )
    assert prove(conn, "SELECT * FROM one").level == "read"


def test_extensions_that_only_compute_are_trusted(conn: Connection, target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE EXTENSION pg_trgm; CREATE EXTENSION citext; CREATE EXTENSION tablefunc")
    assert prove(conn, "SELECT similarity(name, 'a'), name::citext = 'B' FROM users WHERE name % 'b'").level == "read"
    assert "crosstab" in prove(conn, "SELECT * FROM crosstab('SELECT pg_reload_conf()') AS x(a text)").reason


def test_without_a_server_nothing_is_proved_but_what_can_never_be_is_known() -> None:
    assert prove(None, "SELECT 1").reason == "it looks like a read, which only the target can prove"
    assert prove(None, "DELETE FROM users").reason.startswith("it is DELETE")


def test_strings_that_the_server_would_read_otherwise_are_not_proved(conn: Connection) -> None:
    assert prove(conn, r"SELECT '\' || name || '\' FROM users").level == "read"
    conn.execute("SET standard_conforming_strings = off")
    assert prove(conn, r"SELECT '\' || name || '\' FROM users").level is None


def test_a_locked_table_does_not_hinder_the_proof(conn: Connection, target: Target) -> None:
    conn.execute("SET lock_timeout = '50ms'")
    conn.commit()
    with psycopg.connect(target.dsn.reveal()) as owner:
        owner.execute("LOCK TABLE users")
        assert prove(conn, "SELECT count(*) FROM users").level == "read"
