"""Databases that are in order, with the oddities that they have in the wild: nothing about access or integrity is named."""

from __future__ import annotations

import psycopg
import pytest

from fireline.assess.diagnose import causes, diagnose
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import asking

ROLES = (
    "anon",
    "authenticated",
    "service_role",
    "authenticator",
    "migrator",
    "tenant_app",
    "backup",
    "report_group",
    "report_user",
)
HOSTED = """
CREATE ROLE anon NOLOGIN; CREATE ROLE authenticated NOLOGIN; CREATE ROLE service_role NOLOGIN BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT; GRANT anon, authenticated, service_role TO authenticator;
CREATE SCHEMA auth; GRANT USAGE ON SCHEMA auth, public TO anon, authenticated, service_role;
CREATE TABLE auth.users (id int PRIMARY KEY, email text); ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION auth.uid() RETURNS int LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.uid', true), '')::int $$;
CREATE TABLE profiles (id int PRIMARY KEY, name text); INSERT INTO profiles SELECT i, 'p' FROM generate_series(1, 50) i;
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone_reads ON profiles FOR SELECT USING (true);
CREATE POLICY own_row ON profiles FOR UPDATE TO authenticated USING (auth.uid() = id) WITH CHECK (auth.uid() = id);
CREATE TABLE internal_jobs (id int PRIMARY KEY, note text); INSERT INTO internal_jobs SELECT i, 'j' FROM generate_series(1, 50) i;
ALTER TABLE internal_jobs ENABLE ROW LEVEL SECURITY;
CREATE VIEW public_profiles WITH (security_invoker = true) AS SELECT name FROM profiles;
CREATE FUNCTION new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION pinned(a int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT 1';
GRANT ALL ON profiles, internal_jobs, public_profiles TO anon, authenticated, service_role; ANALYZE;
"""
TENANTS = """
CREATE ROLE migrator LOGIN; CREATE ROLE tenant_app LOGIN; CREATE ROLE backup LOGIN BYPASSRLS; GRANT USAGE ON SCHEMA public TO tenant_app, backup;
CREATE TABLE invoices (id serial PRIMARY KEY, tenant int, n int); INSERT INTO invoices (tenant, n) SELECT i % 5, i FROM generate_series(1, 300) i;
ALTER TABLE invoices OWNER TO migrator; ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invoices USING (tenant = current_setting('app.tenant', true)::int);
CREATE TABLE countries (code text PRIMARY KEY); INSERT INTO countries VALUES ('de'), ('fr'); ALTER TABLE countries OWNER TO migrator;
GRANT SELECT, INSERT, UPDATE, DELETE ON invoices, countries TO tenant_app; GRANT SELECT ON invoices, countries TO backup; ANALYZE;
"""
PLAIN = """
CREATE ROLE report_group NOLOGIN; CREATE ROLE report_user LOGIN IN ROLE report_group; GRANT USAGE ON SCHEMA public TO report_group;
CREATE TABLE readings (id serial PRIMARY KEY, n int); INSERT INTO readings (n) SELECT i FROM generate_series(1, 300) i;
GRANT SELECT ON readings TO PUBLIC; GRANT SELECT ON readings TO report_group;
CREATE VIEW latest AS SELECT * FROM readings; GRANT SELECT ON latest TO report_group;
CREATE TABLE kinds (id smallserial PRIMARY KEY, name text); INSERT INTO kinds (name) VALUES ('a'), ('b');
INSERT INTO readings VALUES (2000000, 1);
CREATE SEQUENCE ring MAXVALUE 10 CYCLE; SELECT setval('ring', 10);
CREATE TABLE queue (id bigserial PRIMARY KEY, n int); INSERT INTO queue (n) SELECT i FROM generate_series(1, 500) i; DELETE FROM queue WHERE n < 480;
CREATE TABLE old_events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE old_events_2019 PARTITION OF old_events FOR VALUES FROM ('2019-01-01') TO ('2020-01-01'); INSERT INTO old_events VALUES (1, '2019-02-03');
CREATE TABLE kept (id int, at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE kept_rest PARTITION OF kept DEFAULT;
CREATE TABLE ahead (id int, at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE ahead_all PARTITION OF ahead FOR VALUES FROM ('2020-01-01') TO (MAXVALUE);
CREATE TABLE regions (id int, k text) PARTITION BY LIST (k); CREATE TABLE regions_eu PARTITION OF regions FOR VALUES IN ('eu');
CREATE TABLE spread (id int) PARTITION BY HASH (id); CREATE TABLE spread_0 PARTITION OF spread FOR VALUES WITH (MODULUS 2, REMAINDER 0);
ANALYZE;
"""
MINE = ("security", "integrity")


@pytest.mark.parametrize("made", [HOSTED, TENANTS, PLAIN], ids=["hosted", "tenants", "plain"])
@pytest.mark.parametrize("symptom", ["", "pages load slowly since noon"])
def test_a_database_in_order_is_left_alone(target: Target, faults: Faults, made: str, symptom: str) -> None:
    if faults.owner.info.server_version < 150000:
        pytest.skip("security_invoker came with 15")
    _drop(faults)
    try:
        for statement in made.split(";\n"):
            faults.owner.execute(statement.encode())
        if made is TENANTS:
            _as(faults, "tenant_app")
            _as(faults, "backup")
        found = diagnose(target, asking(symptom))
        family = {cause.label: cause.family for cause in causes().values()}
        assert [one.json() for one in found.causes if family[one.cause] in MINE] == []
    finally:
        _drop(faults)


def _as(faults: Faults, role: str) -> None:
    conn = faults.open(role, autocommit=True)
    conn.execute(f"SET SESSION AUTHORIZATION {role}".encode())


def _drop(faults: Faults) -> None:
    faults.owner.execute("RESET ROLE")
    for role in ROLES:
        if faults.owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchall():
            with psycopg.connect(faults.dsn, autocommit=True) as conn:
                conn.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}".encode())
                conn.execute(f"DROP ROLE {role}".encode())
