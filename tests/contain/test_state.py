"""The recorded state: everything that matters, behind any lock, within two seconds, without secrets."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.cluster import Cluster
from fireline.contain import state
from fireline.contain.parts import OF_THE_DATABASE, PARTS, _masked
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target, database_of
from fireline.redact import Secret
from tests.servers import PATIENTS

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x');
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id int REFERENCES users, n int CHECK (n > 0));
CREATE INDEX ON orders ((n + 1)) WHERE n > 5;
CREATE VIEW buyers AS SELECT DISTINCT user_id FROM orders;
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION t();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (id = 1);
CREATE TYPE mood AS ENUM ('good');
CREATE TABLE api_token (id int);
CREATE TABLE schema_migrations (version text PRIMARY KEY);
INSERT INTO schema_migrations SELECT '2026' || n FROM generate_series(1, 9) n;
INSERT INTO users SELECT n FROM generate_series(1, 50) n;
ANALYZE users;
"""


@pytest.fixture(params=PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    found: Target = request.getfixturevalue(request.param)
    with psycopg.connect(found.dsn.reveal(), autocommit=True) as conn:
        conn.execute(SCHEMA.encode())
    return found


def test_it_holds_everything_that_a_change_could_change(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE EXTENSION pg_trgm")
    found = json.loads(json.dumps(state.read(target)))
    assert found["unknown"] == {}
    assert set(PARTS) <= set(found)
    assert found["settings"]["shared_buffers"]["value"] == "4096"
    assert found["settings"]["shared_buffers"]["source"]
    assert found["roles"]["postgres"]["superuser"] is True
    assert set(found["extensions"]) == {"pg_trgm", "plpgsql"}
    assert found["sizes"]["tables"]["public.users"]["rows"] == 50
    assert "estimates" in found["sizes"]["how"]
    assert found["migrations"]["public.schema_migrations"][0] == {"version": "20269"}
    assert len(found["migrations"]["public.schema_migrations"]) == 5
    assert found["server"]["identity"]["system_identifier"]
    counts = {part: number for part, number in found["schema"]["counts"].items() if part != "constraints"}
    assert counts == {
        "functions": 2, "indexes": 4, "policies": 1, "schemas": 1, "sequences": 1, "tables": 4, "triggers": 1, "types": 1, "views": 1,
    }  # fmt: skip


def test_the_fingerprint_stays_the_same_until_the_schema_changes(target: Target) -> None:
    def fingerprint() -> str:
        return str(state.read(target)["schema"]["fingerprint"])

    seen = [fingerprint()]
    assert fingerprint() == seen[0]
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("INSERT INTO users VALUES (99); ANALYZE")
        assert fingerprint() == seen[0]
        for change in (
            "ALTER TABLE users ADD COLUMN age int",
            "ALTER TABLE users ALTER age SET DEFAULT 3",
            "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
            "ALTER POLICY own ON users USING (id = 2)",
            "CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "ALTER TABLE orders DISABLE TRIGGER touched",
            "ALTER TABLE orders DISABLE TRIGGER ALL",
            "ALTER TYPE mood ADD VALUE 'bad'",
            "CREATE OR REPLACE VIEW buyers AS SELECT DISTINCT user_id FROM orders WHERE n > 1",
            "GRANT SELECT ON users TO PUBLIC",
            "DROP INDEX orders_expr_idx",
            "ALTER TABLE orders DROP CONSTRAINT orders_n_check",
        ):
            conn.execute(change.encode())
            seen.append(fingerprint())
    assert len(set(seen)) == len(seen)


def test_it_is_read_behind_a_lock_on_everything(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal()) as holder:
        holder.execute("CREATE SCHEMA cron; CREATE TABLE cron.job (jobid int, command text, active bool)")
        holder.commit()
        holder.execute(
            "DO $$ DECLARE r text; BEGIN FOR r IN SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'v') AND oid >= 16384"
            " AND relnamespace::regnamespace::text IN ('public', 'cron') LOOP EXECUTE 'LOCK TABLE ' || r || ' IN ACCESS EXCLUSIVE MODE';"
            " END LOOP; END $$"
        )
        holder.execute("ALTER TABLE users ADD COLUMN z int; ALTER SEQUENCE orders_id_seq INCREMENT 2")
        found = state.read(
            target
        )  # each reading gives up on a lock: none waits for the holder, who gives it back below
        assert {"relation": "public.users", "mode": "AccessExclusiveLock", "pids": [holder.info.backend_pid]} in found[
            "held"
        ]
    assert found["unknown"] == {"jobs": "canceling statement due to lock timeout"}
    assert found["migrations"]["public.schema_migrations"] == "not read: canceling statement due to lock timeout"
    assert found["schema"]["counts"]["tables"] == 5
    assert any(row["mode"] == "AccessExclusiveLock" for row in found["locks"])


def test_a_thousand_tables_are_all_read_within_the_limits(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "DO $$ BEGIN FOR n IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (a int PRIMARY KEY)', n); END LOOP; END $$"
        )
    found = state.read(patient)
    assert found["unknown"] == {}  # no reading came to its limit
    assert (found["schema"]["counts"]["tables"], len(found["sizes"]["tables"])) == (1000, 1000)


def test_a_role_with_few_rights_reads_what_it_may(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE ROLE small LOGIN PASSWORD 'small-pw' VALID UNTIL 'infinity'")
        try:
            found = state.read(
                Target("main", Secret(make_conninfo(target.dsn.reveal(), user="small", password="small-pw")))
            )
        finally:
            conn.execute("DROP ROLE small")
    assert found["unknown"] == {
        "access_rules": "permission denied for view pg_hba_file_rules",
        "file_faults": "permission denied for view pg_file_settings",
    }
    assert found["partly"] == {
        "settings": "files, lines and some settings are for members of pg_read_all_settings",
        "sessions": "what other roles' sessions do is for members of pg_read_all_stats",
    }
    assert found["migrations"]["public.schema_migrations"] == "not read: permission denied for table schema_migrations"
    assert found["schema"]["counts"]["tables"] == 4


def test_secrets_are_not_in_it_and_hashes_are_not_masked(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        name = conn.info.dbname
        conn.execute(f"ALTER DATABASE {name} SET app.api_key = 'sk_live_abcdefghijklmnop'")
        found = state.read(target)
    assert "abcdefghijklmnop" not in json.dumps(found)
    (ours,) = [one for one in found["overrides"] if one["database"] == name]  # others of this server may have some, too
    assert ours["settings"][0].startswith("app.api_key=")
    hashes = dict(found["schema"]["objects"]["tables"])
    assert len(hashes["public.api_token"]) == 16


def test_without_a_server_there_is_no_state() -> None:
    with pytest.raises(TargetUnavailable):
        state.read(Target("main", Secret("host=127.0.0.1 port=1")))


def test_settings_have_their_origin_and_what_our_own_session_hides(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        try:
            conn.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            conn.execute("ALTER SYSTEM SET max_connections = 61")
            conn.execute("SELECT pg_reload_conf()")
            while (
                conn.execute("SELECT FROM pg_settings WHERE name = 'max_connections' AND pending_restart").fetchone()
                is None
            ):
                pass
            found = state.read(target)
        finally:
            conn.execute("SET default_transaction_read_only = off")
            conn.execute("ALTER SYSTEM RESET ALL")
            conn.execute("SELECT pg_reload_conf()")
    settings = found["settings"]
    assert settings["default_transaction_read_only"]["value"] == "on"
    assert settings["default_transaction_read_only"]["file"].endswith("/postgresql.auto.conf")
    assert settings["max_connections"]["file"].endswith("/fireline.conf")
    assert settings["max_connections"]["line"] > 0
    assert (settings["max_connections"]["value"], settings["max_connections"]["pending_restart"]) == ("60", True)
    assert settings["max_connections"]["waits"] == "61"
    assert found["partly"] == {}


def test_roles_databases_and_replication_are_in_it(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        name, number = conn.info.dbname, conn.info.server_version
        conn.execute("CREATE ROLE crew; CREATE ROLE member; GRANT crew TO member WITH ADMIN OPTION")
        try:
            if number >= 160000:
                conn.execute("GRANT crew TO member WITH INHERIT FALSE")
            conn.execute(
                f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC; ALTER DATABASE {name} CONNECTION LIMIT 40".encode()
            )
            conn.execute("SELECT pg_create_physical_replication_slot('kept', true)")
            conn.execute("CREATE PUBLICATION p FOR TABLE users, orders WITH (publish = 'insert, delete')")
            conn.execute(
                "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere password=abcdefghij' PUBLICATION p WITH (connect = false)"
            )
            conn.execute("CREATE SCHEMA cron; CREATE TABLE cron.job (jobid int, schedule text, active bool)")
            conn.execute("INSERT INTO cron.job VALUES (7, '0 3 * * *', true)")
            with psycopg.connect(target.dsn.reveal()) as other:
                other.execute("INSERT INTO users VALUES (1000)")
                other.execute("PREPARE TRANSACTION 'left over'")
            found = json.loads(json.dumps(state.read(target)))
            conn.execute("ROLLBACK PREPARED 'left over'")
            conn.execute("ALTER SUBSCRIPTION s SET (slot_name = NONE)")
            conn.execute("DROP SUBSCRIPTION s")
        finally:
            conn.execute("SELECT pg_drop_replication_slot('kept')")
            conn.execute("DROP ROLE crew, member")
    membership = next(row for row in found["memberships"] if row["role"] == "crew" and row["member"] == "member")
    assert (membership["admin"], membership["inherit"]) == (True, False if number >= 160000 else None)
    mine = found["databases"][name]
    assert (mine["connection_limit"], mine["owner"], mine["allows_connections"]) == (40, "postgres", True)
    assert mine["acl"] == ["=T/postgres", "postgres=CTc/postgres"]
    assert (found["slots"]["kept"]["active"], found["slots"]["kept"]["bytes_kept"] >= 0) == (False, True)
    assert found["publications"]["p"]["tables"] == ["public.orders", "public.users"]
    assert found["publications"]["p"]["publishes"] == "insert, delete"
    assert found["subscriptions"]["s"]["publications"] == ["p"]
    assert "abcdefghij" not in json.dumps(found)
    assert found["jobs"]["jobs"] == {"7": {"schedule": "0 3 * * *", "active": True}}
    assert [row["gid"] for row in found["prepared"]] == ["left over"]
    assert found["access_rules"][0]["auth_method"]
    assert found["connections"]["used"] >= 1


def test_it_is_read_beside_a_database_that_is_closed(patient: Target, patient_server: Cluster) -> None:
    name = database_of(patient)
    with psycopg.connect(patient_server.url(), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            found = state.read(patient)
        finally:
            conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert set(found["unknown"]) == set(OF_THE_DATABASE)
    assert "not currently accepting connections" in found["unknown"]["schema"]
    assert found["databases"][name]["allows_connections"] is False


def test_it_is_read_while_the_server_is_full(patient: Target) -> None:
    with ExitStack() as crowd:
        with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
            conn.execute("CREATE ROLE crowd LOGIN PASSWORD 'crowd-pw' SUPERUSER; ALTER ROLE crowd NOSUPERUSER")
        crowded = make_conninfo(patient.dsn.reveal(), user="crowd", password="crowd-pw")
        with suppress(psycopg.OperationalError):
            while True:
                crowd.enter_context(psycopg.connect(crowded))
        found = state.read(patient)
        with pytest.raises(TargetUnavailable):
            state.read(Target("main", Secret(crowded)))
        again = state.read(Target("main", Secret(crowded), read_dsn=patient.dsn))
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("DROP ROLE crowd")
    assert found["unknown"] == again["unknown"] == {}
    assert found["connections"]["used"] >= found["connections"]["most"] - found["connections"]["reserved"] - 1


def test_passwords_among_the_options_of_a_rule_are_masked() -> None:
    assert _masked("ldapbindpasswd=abc") == "ldapbindpasswd=«redacted»"
    assert _masked("radiussecrets=abc").endswith("«redacted»")
    assert _masked("map=crew") == "map=crew"
