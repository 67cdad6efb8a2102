"""A census is the same after a dump and a restore, whatever is in the database and whichever version it goes to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from fireline.cluster import Cluster
from fireline.errors import NotFound, Refused
from fireline.postgres.cancel import StatementFailed
from fireline.postgres.connect import Target
from fireline.postgres.watch import Progress, Watch
from fireline.recovery import census
from fireline.recovery.census import Census, one_table
from fireline.recovery.comparing import compare
from fireline.recovery.names import identifier, quoted
from fireline.redact import Secret
from tests import servers
from tests.recovery import schemas

EXAMPLES = int(os.environ.get("FIRELINE_TEST_SCHEMAS", "3"))  # databases drawn for each version; more by hand
Servers = Callable[[int], Cluster]


def take(target: Target, *, watch: Watch | None = None, **how: Any) -> Census:
    return census.take(target, watch=watch or Watch(), **how)


def look(url: str, **how: Any) -> Census:
    return take(Target("main", Secret(url)), **how)


def program(major: int, name: str) -> str:
    return str(servers.versions()[major] / name)


def dump_and_restore(source: str, destination: str, majors: tuple[int, int]) -> None:
    """With the dump program of the source and the restoring one of the destination."""
    with TemporaryDirectory(dir="/tmp") as folder:
        kept = str(Path(folder) / "dump")
        subprocess.run([program(majors[0], "pg_dump"), "-Fd", "-Z0", "-f", kept, "-d", source], check=True)
        subprocess.run([program(majors[1], "pg_restore"), "-e", "-d", destination, kept], check=True)


@contextmanager
def copied(of: Servers, drawn: schemas.Drawn, majors: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """A drawn database and its copy."""
    with ExitStack() as stack:
        source, destination = of(majors[0]), of(majors[1])
        for server in {id(one): one for one in (source, destination)}.values():
            stack.enter_context(schemas.roles(server))
        one = stack.enter_context(schemas.built(source, drawn))
        other = stack.enter_context(schemas.empty(destination, drawn.encoding))
        dump_and_restore(one, other, majors)
        yield one, other


@pytest.mark.debian15
@pytest.mark.parametrize("majors", [(15, 15), (18, 18), (15, 18)], ids=str)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 10, suppress_health_check=list(HealthCheck), print_blob=True,
          phases=[Phase.generate] if EXAMPLES < 100 else list(Phase), database=None)  # fmt: skip
@given(data=st.data())
def test_whatever_is_in_a_database_its_copy_has_the_same_census(
    patient_servers: Servers, majors: tuple[int, int], data: st.DataObject
) -> None:
    drawn = data.draw(schemas.databases(major=majors[0]))
    with copied(patient_servers, drawn, majors) as (one, other):
        before = look(one, jobs=2)
        assert [each.says for each in compare(before, look(other))] == []
        assert Census.of(before.json()) == before


@pytest.fixture(params=servers.PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    """A fresh database on each version that tests run on."""
    found: Target = request.getfixturevalue(request.param)
    return found


def open_(target: Target) -> psycopg.Connection[dict[str, Any]]:
    return psycopg.connect(target.dsn.reveal(), autocommit=True, row_factory=dict_row)


def test_only_what_a_dump_holds_is_counted_and_the_rest_is_said(target: Target) -> None:
    with open_(target) as conn:
        conn.execute("""
            CREATE TABLE plain AS SELECT 1 AS a;
            CREATE TABLE nothing ();
            INSERT INTO nothing DEFAULT VALUES;
            INSERT INTO nothing DEFAULT VALUES;
            CREATE UNLOGGED TABLE "Un""logged" AS SELECT 1 AS a UNION ALL SELECT 2;
            CREATE TEMP TABLE mine AS SELECT 1 AS a;
            CREATE TABLE whole (a int) PARTITION BY LIST (a);
            CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
            INSERT INTO whole VALUES (1);
            CREATE TABLE parent (a int);
            CREATE TABLE child () INHERITS (parent);
            INSERT INTO child VALUES (1);
            CREATE MATERIALIZED VIEW filled AS SELECT 1 AS a;
            CREATE MATERIALIZED VIEW never AS SELECT 1 AS a WITH NO DATA;
            CREATE EXTENSION postgres_fdw;
            CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
            CREATE FOREIGN TABLE away (a int) SERVER far;
        """)
        found = take(target)
        conn.execute("DROP TABLE mine")
    assert {name: (one.rows, one.how) for name, one in found.tables.items()} == {
        "public.plain": (1, "rows"), "public.nothing": (2, "rows"), 'public."Un""logged"': (2, "rows"), "public.part": (1, "rows"),
        "public.parent": (0, "rows"), "public.child": (1, "rows"), "public.filled": (1, "count"),
    }  # fmt: skip
    assert found.left_out == {"public.away": "its rows are on another server", "public.never": "it was never filled"}
    assert found.tables["public.nothing"].columns == 0


def test_the_names_of_tables_and_objects_are_kept_whatever_they_are(target: Target) -> None:
    odd = ['a"b', "ü ñ", "UPPER", "select", "x" * 63, "do.t", "per%cent", "{brace}", "back\\slash", "'"]
    with open_(target) as conn:
        for name in odd:
            conn.execute(f"CREATE TABLE {identifier(name)} ({identifier(name)} int)".encode())
            conn.execute(f"INSERT INTO {identifier(name)} VALUES (1)".encode())
        found = take(target)
        assert list(found.tables) == sorted(quoted("public", name) for name in odd)
        assert [one_table(conn, name) for name in found.tables] == list(found.tables.values())
    assert quoted("public", 'a"b', 'a"b') in found.objects["columns"]


def test_a_census_sees_the_moment_of_the_snapshot(target: Target) -> None:
    with open_(target) as conn, open_(target) as other:
        conn.execute("CREATE TABLE t AS SELECT 1 AS a")
        with conn.transaction():
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            row = conn.execute("SELECT pg_export_snapshot() AS name").fetchone()
            assert row is not None
            other.execute("INSERT INTO t VALUES (2)")
            assert take(target, snapshot=row["name"], jobs=2).tables["public.t"].rows == 1
        assert take(target, jobs=2).tables["public.t"].rows == 2


def test_a_table_that_is_locked_is_named_with_who_holds_it(target: Target) -> None:
    with open_(target) as conn:
        conn.execute("CREATE TABLE t (a int); CREATE TABLE u (a int)")
        with conn.transaction():
            conn.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
            pid = conn.info.backend_pid
            with pytest.raises(Refused, match=rf"table public\.t is locked by session {pid} .*LOCK TABLE t") as told:
                take(replace(target, lock_timeout=timedelta(milliseconds=50)))
    assert f"terminate-session {pid} --target main" in str(told.value.hint)


def test_a_role_from_which_rows_are_hidden_gets_no_census(target: Target) -> None:
    with open_(target) as conn:
        conn.execute(
            "CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO pg_monitor"
        )
        name = f"hidden_{conn.info.dbname}"
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret1' IN ROLE pg_monitor".encode())
        try:
            seen = replace(target, dsn=Secret(make_conninfo(target.dsn.reveal(), user=name, password="secret1")))
            with pytest.raises(Refused, match=r"public\.t can not be read as a whole: .*row-level security"):
                take(seen)
            conn.execute("REVOKE SELECT ON t FROM pg_monitor")
            with pytest.raises(Refused, match="can not be read as a whole: permission denied for table t"):
                take(seen)
        finally:
            conn.execute(f"REVOKE ALL ON t FROM pg_monitor; DROP ROLE {name}".encode())


def test_a_census_that_is_not_wanted_any_more_ends_at_once(target: Target) -> None:
    told: list[Progress] = []
    watch = Watch()

    def tell(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 1:
            Timer(0.1, watch.cancel.cancel).start()

    watch.told = tell
    with open_(target) as conn:
        conn.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE EXTENSION hstore")
        conn.execute("""CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE plpgsql
                        AS 'BEGIN PERFORM pg_catalog.pg_sleep(600); RETURN true; END'""")
        # an extension may choose by a function which rows of its table are dumped: a count that takes as long as wanted
        _configuration(conn, "t", "WHERE public.slow(a)")
        with pytest.raises(StatementFailed, match="cancelled"):
            take(target, watch=watch)
        asleep = conn.execute(
            "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        ).fetchone()
    assert asleep == {"n": 0}
    assert told[0].unit == "bytes"


def _configuration(conn: psycopg.Connection[dict[str, Any]], table: str, condition: str) -> None:
    """Make a table one of an extension, and say which of its rows are its user's."""
    changed = "UPDATE pg_extension SET extconfig = ARRAY[%s::regclass::oid], extcondition = ARRAY[%s] WHERE extname = 'hstore'"
    conn.execute(changed, [table, condition])
    conn.execute(f"ALTER EXTENSION hstore ADD TABLE {table}".encode())


def test_of_an_extensions_table_only_what_its_user_added_is_counted(target: Target) -> None:
    with open_(target) as conn:
        conn.execute("CREATE EXTENSION hstore; CREATE TABLE own AS SELECT 1 AS a; ALTER EXTENSION hstore ADD TABLE own")
        conn.execute("CREATE TABLE settings AS SELECT g AS a FROM generate_series(1, 5) g")
        _configuration(conn, "settings", "WHERE a > 3")
    found = take(target)
    assert {name: one.rows for name, one in found.tables.items()} == {"public.settings": 2}
    assert found.left_out == {"public.own": "it comes with extension hstore"}


def test_one_table_is_counted_as_the_whole_census_counts_it(target: Target) -> None:
    with open_(target) as conn:
        conn.execute(
            "CREATE TABLE t AS SELECT g AS a, g::text AS b FROM generate_series(1, 100) g; CREATE VIEW v AS SELECT 1 AS a"
        )
        assert one_table(conn, "public.t") == take(target).tables["public.t"]
        assert take(target, only=["public.other"]).tables == {}
        for missing in ("public.gone", "public.v"):
            with pytest.raises(NotFound):
                one_table(conn, missing)


def test_every_role_that_the_objects_need_is_named(target: Target) -> None:
    with open_(target) as conn, roles_of(conn, "own", "may", "pol", "late") as (own, may, pol, late):
        conn.execute(
            f"""
            CREATE SCHEMA s AUTHORIZATION {own};
            CREATE TABLE t (a int);
            GRANT SELECT (a) ON t TO {may};
            CREATE POLICY p ON t TO {pol} USING (true);
            ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO {late};
        """.encode()
        )
        found = take(target)
    assert {own, may, pol, late} < set(found.roles)
    assert "" not in found.roles


def test_a_large_object_is_read_to_its_end_in_parts(target: Target) -> None:
    with open_(target) as conn:
        conn.execute("SELECT lo_from_bytea(7, decode(repeat('ab', 9000000), 'hex'))")
        before = take(target).large_objects
        conn.execute("SELECT lo_put(7, 8999999, 'x')")
        after = take(target).large_objects
    assert (before["count"], before["bytes"]) == (1, 9000000)
    assert after["bytes"] == before["bytes"]
    assert after["hash"] != before["hash"]


def test_bytes_of_no_encoding_are_counted_and_do_not_stop_it(patient_servers: Servers) -> None:
    found = []
    with schemas.empty(patient_servers(18), "SQL_ASCII") as url, psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET client_encoding = 'SQL_ASCII'")
        conn.execute(b"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'caf\xe9' $$")
        conn.execute(b"COMMENT ON FUNCTION f() IS 'caf\xe9'")
        conn.execute(b"CREATE TABLE t AS SELECT 'caf\xe9'::text AS a")
        found.append(look(url))
        conn.execute(b"UPDATE t SET a = 'caf\xe8'")
        found.append(look(url))
    assert [one.name for one in compare(found[0], found[1])] == ["public.t"]


@contextmanager
def roles_of(conn: psycopg.Connection[dict[str, Any]], *names: str) -> Iterator[list[str]]:
    """Roles that no other test knows."""
    made = [f"{name}_{conn.info.dbname}" for name in names]
    for name in made:
        conn.execute(f"CREATE ROLE {name}".encode())
    try:
        yield made
    finally:
        for name in made:
            conn.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}".encode())
