"""The recorded state: everything that matters, behind any lock, within two seconds, without secrets."""

from __future__ import annotations

import json
import time

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.contain import state
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
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
    assert set(state.PARTS) <= set(found)
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
        holder.execute(
            "LOCK TABLE users, orders, schema_migrations IN ACCESS EXCLUSIVE MODE; ALTER TABLE users ADD COLUMN z int"
        )
        began = time.monotonic()
        found = state.read(target)
        assert time.monotonic() - began < 10  # each reading gives up on a lock after a tenth of a second
    assert found["unknown"] == {}
    assert found["migrations"]["public.schema_migrations"] == "not read: canceling statement due to lock timeout"
    assert found["schema"]["counts"]["tables"] == 4
    assert any(row["mode"] == "AccessExclusiveLock" for row in found["locks"])


def test_a_thousand_tables_do_not_take_long(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "DO $$ BEGIN FOR n IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (a int PRIMARY KEY)', n); END LOOP; END $$"
        )
    began = time.monotonic()
    found = state.read(patient)
    assert time.monotonic() - began < 10  # half a second on a quiet machine
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
    assert found["unknown"] == {}
    assert found["migrations"]["public.schema_migrations"] == "not read: permission denied for table schema_migrations"
    assert found["schema"]["counts"]["tables"] == 4


def test_secrets_are_not_in_it_and_hashes_are_not_masked(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        name = conn.info.dbname
        conn.execute(f"ALTER DATABASE {name} SET app.api_key = 'sk_live_abcdefghijklmnop'")
        found = state.read(target)
    assert "abcdefghijklmnop" not in json.dumps(found)
    assert found["overrides"][0]["settings"][0].startswith("app.api_key=")
    hashes = dict(found["schema"]["objects"]["tables"])
    assert len(hashes["public.api_token"]) == 16


def test_without_a_server_there_is_no_state() -> None:
    with pytest.raises(TargetUnavailable):
        state.read(Target("main", Secret("host=127.0.0.1 port=1")))
