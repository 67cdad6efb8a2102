"""The SQL functions in a real database: what they say of real trouble, who may call them, and that nothing of them stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from fireline.assess import functions
from fireline.assess.diagnose import causes, diagnose
from fireline.assess.score import DIMENSIONS
from fireline.cluster import Cluster
from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.runbook.parse import read_all
from tests import servers
from tests.assess.faults import Faults

RUNBOOK = Path(__file__).parents[1] / "data" / "incident-response.md"
EVERYTHING = """
SELECT 'function', p.oid::regprocedure::text FROM pg_proc p WHERE p.oid >= 16384
UNION ALL SELECT 'schema', n.nspname FROM pg_namespace n WHERE n.nspname !~ '^pg_(toast_)?temp'
UNION ALL SELECT 'type', t.oid::regtype::text FROM pg_type t WHERE t.oid >= 16384
UNION ALL SELECT 'comment', d.objoid::text FROM pg_description d WHERE d.objoid >= 16384
UNION ALL SELECT 'rights', count(*)::text FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

Conn = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def db(target: Target) -> Iterator[Conn]:
    """The owner's session."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True, row_factory=dict_row) as conn:
        yield conn


@pytest.fixture
def maker(target: Target, db: Conn) -> Iterator[Target]:
    """A role that may create in this database and is nothing else."""
    name = f"maker_{db.info.backend_pid}"
    db.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'maker-pw-3389'".encode())
    db.execute(f"GRANT CREATE ON DATABASE {db.info.dbname} TO {name}".encode())
    db.execute(f"GRANT CREATE ON SCHEMA public TO {name}".encode())
    yield Target("main", Secret(make_conninfo(target.dsn.reveal(), user=name, password="maker-pw-3389")))
    db.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def rows(conn: Conn, statement: str) -> list[dict[str, Any]]:
    return conn.execute(statement.encode()).fetchall()


def health(conn: Conn) -> dict[str, Any]:
    return rows(conn, "SELECT * FROM calculate_database_health_score()")[0]


def bottlenecks(conn: Conn) -> dict[str, dict[str, Any]]:
    return {row["bottleneck_type"]: row for row in rows(conn, "SELECT * FROM detect_performance_bottlenecks()")}


def keys(conn: Conn) -> dict[str, dict[str, Any]]:
    found = rows(conn, "SELECT * FROM check_foreign_key_integrity()")
    return {row["constraint_name"]: row for row in found}


def same_as_the_command(target: Target, told: dict[str, Any]) -> None:
    """The function and `fireline health` give the same points, and the function says that it sees less."""
    seen = diagnose(target).score
    assert {name: told[f"{name}_score"] for name in DIMENSIONS} == {
        name: 100 if side.score is None else side.score for name, side in seen.dimensions.items()
    }
    assert told["coverage"] <= seen.coverage


def test_a_healthy_database_has_all_points_in_the_columns_that_runbooks_know(target: Target, db: Conn) -> None:
    functions.install(target, public=True)
    told = health(db)
    assert list(told)[:5] == [
        "health_score", "performance_score", "efficiency_score", "maintenance_score", "overall_status",
    ]  # fmt: skip
    assert [told[name] for name in list(told)[:5]] == [100, 100, 100, 100, "healthy"]
    assert told["deductions"] == []
    assert 0 < told["coverage"] < 1
    described = db.execute("SELECT * FROM detect_performance_bottlenecks()")
    assert [column.name for column in described.description or ()] == [
        "bottleneck_type", "description", "severity", "impact_score", "recommendation",
    ]  # fmt: skip
    assert not [row for row in described.fetchall() if row["severity"] != "info"]
    same_as_the_command(target, told)


def test_the_reference_runbook_finds_its_functions(target: Target, db: Conn) -> None:
    """The third step asks for a column that has not been there since version 13; the functions can not help that."""
    functions.install(target, public=True)
    (runbook,) = read_all([RUNBOOK])
    slow, corrupt = runbook.procedure("Database Performance Issues"), runbook.procedure("Data Corruption")
    assert slow is not None
    assert corrupt is not None
    commands = [step.action.command for step in slow.steps if step.action]
    assert len(commands) == 4
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        for command in (commands[0], commands[1], commands[3]):
            conn.execute(command.encode())
        conn.execute("CREATE EXTENSION pg_stat_statements")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            conn.execute(commands[2].encode())
        check = next(one.action.command for one in corrupt.steps if one.action and "integrity" in one.action.command)
        conn.execute(check.encode())


def test_a_lock_that_many_wait_for_costs_what_the_command_takes_too(target: Target, db: Conn, faults: Faults) -> None:
    functions.install(target, public=True)
    pid = faults.idle("shop", "UPDATE orders SET n = 1 WHERE id = 1")
    for number in range(4):
        faults.waiting(f"web{number}", "UPDATE orders SET n = 2 WHERE id = 1")
    faults.until(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query_start < now() - interval '1.2 s' HAVING count(*) = 4"
    )
    told, named = health(db), bottlenecks(db)
    assert (told["availability_score"], told["health_score"], told["overall_status"]) == (50, 50, "warning")
    assert told["deductions"][0]["cause"] == "idle_in_tx_row_lock"
    assert named["idle_in_tx_row_lock"]["severity"] == "warning"
    assert named["idle_in_tx_row_lock"]["impact_score"] == 50
    assert f"pg_terminate_backend({pid})" in named["idle_in_tx_row_lock"]["recommendation"]
    same_as_the_command(target, told)


def test_ten_who_wait_for_a_prepared_transaction_are_critical(target: Target, db: Conn, faults: Faults) -> None:
    functions.install(target, public=True)
    holder = faults.open("job")
    holder.execute("UPDATE orders SET n = 1 WHERE id = 1")
    holder.execute("PREPARE TRANSACTION 'left behind'")
    for number in range(10):
        faults.waiting(f"web{number}", "UPDATE orders SET n = 2 WHERE id = 1")
    faults.until(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query_start < now() - interval '1.1 s'"
    )
    told, named = health(db), bottlenecks(db)
    assert (told["health_score"], told["overall_status"]) == (20, "critical")
    assert named["orphan_prepared_tx"]["severity"] == "critical"
    assert "ROLLBACK PREPARED 'left behind'" in named["orphan_prepared_tx"]["recommendation"]


def waiting_for(faults: Faults, count: int) -> None:
    """Until so many wait for a lock so long that it counts."""
    faults.until(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND state_change < now() - interval '1.1 s'"
        f" HAVING count(*) = {count}"
    )


def test_a_change_that_waits_for_an_idle_reader_is_as_bad_as_those_who_wait_behind_it(
    target: Target, db: Conn, faults: Faults
) -> None:
    functions.install(target, public=True)
    faults.idle("report", "SELECT * FROM orders WHERE id = 1")
    faults.waiting("deploy", "ALTER TABLE orders ADD COLUMN later int")
    waiting_for(faults, 1)
    assert health(db)["availability_score"] == 80
    faults.waiting("web", "SELECT * FROM orders WHERE id = 2")
    waiting_for(faults, 2)
    told = health(db)
    assert (told["availability_score"], told["deductions"][0]["cause"]) == (50, "ddl_queue_behind_idle_tx")
    faults.waiting("web2", "UPDATE orders SET n = 3 WHERE id = 2")
    waiting_for(faults, 3)
    told = health(db)
    assert told["availability_score"] == 20
    same_as_the_command(target, told)


def test_two_who_hold_up_one_crowd_count_once(target: Target, db: Conn, faults: Faults) -> None:
    functions.install(target, public=True)
    for number in (1, 2):
        faults.idle(f"shop{number}", f"SELECT * FROM orders WHERE id = {number} FOR SHARE", "SELECT 1")
    faults.idle("shop3", "SELECT * FROM orders WHERE id = 1 FOR SHARE")
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 1")
    waiting_for(faults, 1)
    told = health(db)
    assert [(one["cause"], one["points"]) for one in told["deductions"]] == [("idle_in_tx_row_lock", 20)]
    same_as_the_command(target, told)


def test_who_works_is_told_from_who_is_idle_and_a_job_lock_from_a_table(
    target: Target, db: Conn, faults: Faults
) -> None:
    functions.install(target, public=True)
    keeper = faults.open("job", autocommit=True)
    keeper.execute("SELECT pg_advisory_lock(77)")
    faults.waiting("job2", "SELECT pg_advisory_lock(77)")
    faults.running("deploy", "BEGIN; LOCK TABLE orders; SELECT pg_sleep(60)")
    faults.until("SELECT FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'AccessExclusiveLock'")
    faults.waiting("web", "SELECT count(*) FROM orders")
    waiting_for(faults, 2)
    told, named = health(db), bottlenecks(db)
    assert sorted(one["cause"] for one in told["deductions"]) == ["advisory_lock_leak", "exclusive_maintenance"]
    assert f"pg_terminate_backend({keeper.info.backend_pid})" in named["advisory_lock_leak"]["recommendation"]
    assert "pg_cancel_backend" in named["exclusive_maintenance"]["recommendation"]
    assert told["availability_score"] == 40
    same_as_the_command(target, told)


def test_a_row_that_is_handed_on_is_not_blamed_on_whoever_has_it_now(target: Target, db: Conn, faults: Faults) -> None:
    functions.install(target, public=True)
    for number in range(6):
        faults.repeating(f"web{number}", "UPDATE orders SET n = n + 1 WHERE id = 1", "SELECT pg_sleep(0.1)", "COMMIT")
    faults.until("SELECT FROM pg_locks WHERE NOT granted HAVING count(*) > 2")
    for _ in range(5):
        assert health(db)["deductions"] == []


def test_nothing_of_it_waits_behind_a_lock(target: Target, db: Conn, faults: Faults) -> None:
    functions.install(target, public=True)
    db.execute(
        "CREATE TABLE off (n int REFERENCES accounts) WITH (autovacuum_enabled = off); CREATE INDEX ON off (n);"
        "CREATE TABLE ids (id serial); ALTER TABLE ids ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON ids USING (true)"
    )
    faults.idle(
        "migration",
        "LOCK TABLE orders, accounts, off, ids",
        "ALTER SEQUENCE ids_id_seq CYCLE",
        "ALTER INDEX off_n_idx RENAME TO other",
    )
    db.execute("SET statement_timeout = '5s'")
    assert health(db)["availability_score"] == 100
    bottlenecks(db)


def test_an_invalid_index_and_planner_settings_are_named_with_what_mends_them(
    target: Target, db: Conn, faults: Faults
) -> None:
    functions.install(target, public=True)
    db.execute("INSERT INTO orders (id, n) VALUES (1000, 5), (1001, 5)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY half_built ON orders (n)")
    db.execute(f"ALTER DATABASE {db.info.dbname} SET enable_indexscan = off".encode())
    named, told = bottlenecks(db), health(db)
    (label,) = {"failed_concurrent_index", "invalid_index"} & set(named)
    assert "half_built" in named[label]["recommendation"]
    assert named["planner_guc_disabled"]["severity"] == "info"  # somebody may mean it
    assert "RESET enable_indexscan" in named["planner_guc_disabled"]["recommendation"]
    assert (told["performance_score"], told["efficiency_score"], told["maintenance_score"]) == (95, 95, 95)
    same_as_the_command(target, told)
    db.execute(f"ALTER DATABASE {db.info.dbname} SET enable_bitmapscan = off".encode())  # now no index is left
    named, told = bottlenecks(db), health(db)
    assert named["planner_guc_disabled"]["severity"] == "warning"
    assert "RESET enable_bitmapscan" in named["planner_guc_disabled"]["recommendation"]
    assert (told["performance_score"], sum(one["points"] for one in told["deductions"])) == (76, 24)
    same_as_the_command(target, told)
    db.execute(f"ALTER DATABASE {db.info.dbname} RESET ALL".encode())


def test_a_role_that_only_reads_may_be_meant_so_and_one_that_owns_tables_not(
    target: Target, maker: Target, db: Conn
) -> None:
    functions.install(target, public=True)
    with psycopg.connect(maker.dsn.reveal(), autocommit=True) as conn:
        role = conn.info.user
        db.execute(f"ALTER ROLE {role} IN DATABASE {db.info.dbname} SET default_transaction_read_only = on".encode())
        assert health(db)["availability_score"] == 100
        conn.execute("CREATE TABLE mine (n int)")
    told = health(db)
    assert (told["availability_score"], told["deductions"][0]["cause"]) == (80, "read_only_setting")
    same_as_the_command(target, told)


def test_tables_that_are_open_to_strangers_count_once_whatever_the_strangers_are_called(
    target: Target, db: Conn
) -> None:
    functions.install(target, public=True)
    visitor, door = f"visitor_{db.info.backend_pid}", f"door_{db.info.backend_pid}"
    db.execute(
        f"CREATE ROLE {visitor} NOLOGIN; CREATE ROLE {door} LOGIN NOINHERIT; GRANT {visitor} TO {door};"
        f"GRANT SELECT ON orders, accounts TO {visitor}".encode()
    )
    try:
        told = health(db)
        assert [(one["cause"], one["points"]) for one in told["deductions"]] == [("rls_disabled_exposed", 20)]
        same_as_the_command(target, told)
        db.execute(f"GRANT UPDATE ON orders TO {visitor}; CREATE POLICY own ON accounts USING (true)".encode())
        told = health(db)
        assert [(one["cause"], one["points"]) for one in told["deductions"]] == [
            ("policy_rls_disabled", 50),
            ("rls_disabled_exposed", 25),
        ]
        same_as_the_command(target, told)
    finally:
        db.execute(f"DROP OWNED BY {visitor}, {door}; DROP ROLE {door}, {visitor}".encode())


def test_of_the_sequences_the_one_that_is_used_up_most_counts_and_the_column_is_an_end_too(
    target: Target, db: Conn
) -> None:
    functions.install(target, public=True)
    db.execute(
        "CREATE SEQUENCE one MAXVALUE 1000; SELECT setval('one', 850); CREATE SEQUENCE two MAXVALUE 1000; SELECT setval('two', 890);"
        "CREATE SEQUENCE down INCREMENT -1 MINVALUE -1000; SELECT setval('down', -800)"
    )
    told = health(db)
    assert [one["because"] for one in told["deductions"]] == ["Sequence public.two is used up to 88 %"]
    same_as_the_command(target, told)
    db.execute("CREATE SEQUENCE wide; CREATE TABLE narrow (id smallint DEFAULT nextval('wide'))")
    for last, left in ((30000, 80), (32700, 50), (32767, 20)):
        db.execute(f"SELECT setval('wide', {last})".encode())
        told = health(db)
        assert told["integrity_score"] == left
        same_as_the_command(target, told)


def test_dead_rows_that_nobody_removes_cost_what_the_command_takes_too(target: Target, db: Conn) -> None:
    functions.install(target, public=True)
    db.execute("CREATE TABLE events (id int, kind text) WITH (autovacuum_enabled = false)")
    db.execute("INSERT INTO events SELECT i, 'x' FROM generate_series(1, 30000) i")
    db.execute("DELETE FROM events WHERE id > 8000")
    servers.count_now(db)
    told = health(db)
    assert {one["cause"] for one in told["deductions"]} == {"autovacuum_disabled_table"}
    same_as_the_command(target, told)


def test_stale_tables_are_analysed_and_the_rest_is_returned_as_commands(
    target: Target, db: Conn, faults: Faults
) -> None:
    functions.install(target, public=True)
    db.execute("CREATE TABLE events (id int, kind text) WITH (autovacuum_enabled = false)")
    db.execute("INSERT INTO events SELECT i, 'x' FROM generate_series(1, 30000) i")
    db.execute("DELETE FROM events WHERE id > 8000")
    servers.count_now(db)
    db.execute("SELECT 1")
    assert bottlenecks(db)["autovacuum_disabled_table"]["severity"] == "warning"
    shown = rows(db, "SELECT * FROM optimize_database(dry_run => true)")
    assert not any(row["done"] for row in shown)
    done = rows(db, "SELECT * FROM optimize_database()")
    (analysed,) = [row for row in done if row["action"] == "analyze" and row["object"] == "public.events"]
    assert analysed["done"]
    assert analysed["result"].endswith("8000 now")
    assert "VACUUM (ANALYZE, SKIP_LOCKED) public.events" in [row["command"] for row in done]
    assert not any(row["done"] for row in done if row["action"] != "analyze")
    servers.count_now(db)
    again = rows(db, "SELECT * FROM optimize_database()")
    assert "public.events" not in [row["object"] for row in again if row["action"] == "analyze"]


def test_rows_that_refer_to_nothing_are_counted_with_samples_and_nothing_else_is(
    target: Target, db: Conn, faults: Faults
) -> None:
    functions.install(target, public=True)
    db.execute(
        'CREATE SCHEMA "Odd Name"; CREATE TABLE "Odd Name"."a b" (x int, y text, PRIMARY KEY (x, y));'
        'CREATE TABLE lines (id int, "Order" int REFERENCES orders, x int, y text, '
        'CONSTRAINT both_ways FOREIGN KEY (x, y) REFERENCES "Odd Name"."a b" MATCH FULL);'
        'CREATE INDEX ON lines ("Order");'
        "INSERT INTO \"Odd Name\".\"a b\" VALUES (1, 'a'); INSERT INTO lines SELECT i, i, 1, 'a' FROM generate_series(1, 100) i;"
        "INSERT INTO lines (id) SELECT i FROM generate_series(101, 120) i"
    )
    clean = keys(db)
    assert {one["status"] for one in clean.values()} == {"ok"}
    assert {one["violations"] for one in clean.values()} == {0}
    db.execute("SET session_replication_role = replica")
    db.execute("DELETE FROM orders WHERE id IN (7, 9)")
    db.execute("UPDATE lines SET y = NULL WHERE id = 3; UPDATE lines SET x = 77 WHERE id IN (4, 5, 6)")
    db.execute("SET session_replication_role = origin")
    db.execute("VACUUM ANALYZE lines, orders")  # from here on both indexes are read
    found = keys(db)
    assert (found["lines_Order_fkey"]["violations"], found["lines_Order_fkey"]["status"]) == (2, "violated")
    assert {one["key"][0] for one in found["lines_Order_fkey"]["samples"]} == {"7", "9"}
    assert found["both_ways"]["violations"] == 4
    assert "MATCH FULL" in found["both_ways"]["note"]
    assert found["both_ways"]["parent_table"] == '"Odd Name"."a b"'


def test_a_key_that_is_not_enforced_says_so(target: Target, db: Conn, faults: Faults) -> None:
    functions.install(target, public=True)
    db.execute(
        "CREATE TABLE old (n int); INSERT INTO old VALUES (1), (999);"
        "ALTER TABLE old ADD CONSTRAINT late FOREIGN KEY (n) REFERENCES orders NOT VALID;"
        "CREATE TABLE off (n int REFERENCES accounts); ALTER TABLE off DISABLE TRIGGER ALL; INSERT INTO off VALUES (5000)"
    )
    found = keys(db)
    assert (found["late"]["violations"], found["late"]["validated"]) == (1, False)
    assert "never validated" in found["late"]["note"]
    assert (found["off_n_fkey"]["violations"], found["off_n_fkey"]["enforced"]) == (1, False)
    told, named = health(db), bottlenecks(db)
    assert named["fk_triggers_disabled"]["severity"] == "warning"
    assert named["fk_not_validated"]["severity"] == "info"
    assert told["integrity_score"] == told["maintenance_score"] == 80


def test_partitioned_tables_are_one_and_a_locked_one_does_not_hold_up_the_others(
    target: Target, db: Conn, faults: Faults
) -> None:
    functions.install(target, public=True)
    db.execute(
        "CREATE TABLE parts (n int REFERENCES orders) PARTITION BY RANGE (n);"
        "CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (50); CREATE TABLE high PARTITION OF parts FOR VALUES FROM (50) TO (9999);"
        "INSERT INTO parts SELECT generate_series(1, 100); CREATE TABLE others (n int REFERENCES accounts); INSERT INTO others VALUES (1);"
        "SET session_replication_role = replica; INSERT INTO parts VALUES (4000), (4001); SET session_replication_role = origin"
    )
    found = keys(db)
    assert (found["parts_n_fkey"]["violations"], len(found)) == (2, 2)
    faults.idle("migration", "LOCK TABLE others")
    held = keys(db)
    assert (held["others_n_fkey"]["status"], held["others_n_fkey"]["violations"]) == ("not checked", None)
    assert "lock timeout" in held["others_n_fkey"]["note"]
    assert held["parts_n_fkey"]["violations"] == 2


def test_the_settings_of_the_session_are_as_before(target: Target, db: Conn) -> None:
    functions.install(target, public=True)
    before = rows(db, "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql%' ORDER BY 1")
    keys(db)
    health(db)
    assert rows(db, "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql%' ORDER BY 1") == before


def test_a_plain_role_installs_it_and_only_it_and_watchers_may_call_it(maker: Target, db: Conn) -> None:
    made = functions.install(maker, public=True)
    assert made.public == made.functions
    assert set(made.functions) == set(functions.CALLED)
    with psycopg.connect(maker.dsn.reveal(), row_factory=dict_row) as conn:
        told = health(conn)
        assert told["coverage"] < health(db)["coverage"] or told["overall_status"] == "healthy"
    granted = rows(
        db,
        "SELECT p.proname AS name, p.prosecdef AS definer, coalesce(array_to_string(p.proconfig, ' '), '') AS config, p.proacl::text AS rights"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('fireline', 'public') AND p.oid >= 16384",
    )
    assert len(granted) >= 16
    for one in granted:
        assert not one["definer"], one
        assert "search_path=pg_catalog, pg_temp" in one["config"], one
        assert not one["rights"].startswith("{="), one
        assert ",=" not in one["rights"], one
        assert ("pg_monitor=X" in one["rights"]) == (one["name"] != "optimize_database"), one


def test_defaults_that_grant_to_an_api_role_do_not_open_it(target: Target, db: Conn) -> None:
    name = f"anon_{db.info.backend_pid}"
    db.execute(f"CREATE ROLE {name}; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {name}".encode())
    try:
        functions.install(target, public=True)
        for function in ("public.optimize_database(boolean)", "fireline.calculate_database_health_score()"):
            (row,) = rows(db, f"SELECT has_function_privilege('{name}', '{function}', 'EXECUTE') AS may")
            assert row["may"] is False
    finally:
        db.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def test_uninstall_leaves_nothing(target: Target, db: Conn) -> None:
    before = sorted(map(str, rows(db, EVERYTHING)))
    functions.install(target, public=True)
    functions.install(target, public=True)
    assert sorted(map(str, rows(db, EVERYTHING))) != before
    gone = functions.uninstall(target)
    assert (set(gone.functions), set(gone.public), gone.left) == (set(functions.CALLED), set(functions.CALLED), ())
    assert sorted(map(str, rows(db, EVERYTHING))) == before
    with pytest.raises(Refused, match="nothing of ours"):
        functions.uninstall(target)


def test_what_others_put_into_the_schema_stays_and_is_told(target: Target, db: Conn) -> None:
    functions.install(target, "kit")
    db.execute("CREATE TABLE kit.notes (n int)")
    gone = functions.uninstall(target, "kit")
    assert [one["thing"] for one in gone.left] == ["table kit.notes"]
    assert rows(db, "SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'kit'") == []


def test_a_function_of_somebody_else_in_public_stays_as_it_is(target: Target, db: Conn) -> None:
    db.execute("CREATE FUNCTION optimize_database() RETURNS text LANGUAGE sql AS $$ SELECT 'theirs' $$")
    made = functions.install(target, public=True)
    assert [one["thing"] for one in made.left] == ["public.optimize_database"]
    assert "optimize_database" not in made.public
    assert rows(db, "SELECT optimize_database() AS said") == [{"said": "theirs"}]
    functions.uninstall(target)
    assert rows(db, "SELECT optimize_database() AS said") == [{"said": "theirs"}]


def test_an_older_version_with_other_columns_is_replaced(target: Target, db: Conn) -> None:
    functions.install(target, public=True)
    db.execute("DROP FUNCTION fireline.optimize_database(boolean)")
    db.execute(
        "CREATE FUNCTION fireline.optimize_database(dry_run boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$ SELECT 'old' $$"
    )
    db.execute(f"COMMENT ON FUNCTION fireline.optimize_database(boolean) IS '{functions.MARK}0.0.1'".encode())
    functions.install(target, public=True)
    assert {"action", "done"} <= set(rows(db, "SELECT * FROM (SELECT 1) one LEFT JOIN optimize_database() ON true")[0])


def test_a_schema_of_somebody_else_is_not_touched(target: Target, db: Conn) -> None:
    db.execute("CREATE SCHEMA fireline; CREATE TABLE fireline.incident (n int)")
    with pytest.raises(Refused, match="not ours"):
        functions.install(target)
    with pytest.raises(Refused, match="nothing of ours"):
        functions.uninstall(target)
    assert functions.install(target, "Runbook Kit").schema == "Runbook Kit"
    assert rows(db, 'SELECT * FROM "Runbook Kit".calculate_database_health_score()')
    with pytest.raises(Refused, match="no schema for them"):
        functions.install(target, "public")


def test_a_role_that_may_not_create_changes_nothing(target: Target, maker: Target, db: Conn) -> None:
    with psycopg.connect(maker.dsn.reveal()) as conn:
        role = conn.info.user
    db.execute(f"REVOKE CREATE ON DATABASE {db.info.dbname} FROM {role}".encode())
    with pytest.raises(Refused, match="permission denied") as refused:
        functions.install(maker)
    assert "may create a schema" in (refused.value.hint or "")


def test_a_standby_is_refused() -> None:
    with servers.cluster(servers.embedded(), {}) as running:
        running.stop()
        (running.folder.data / "standby.signal").touch()
        standby = Cluster(running.folder.path, servers.embedded(), fsync=False).start()
        with pytest.raises(Refused, match="standby"):
            functions.install(Target("main", Secret(standby.url())))
        standby.stop()


def test_every_label_is_one_that_is_known_and_its_dimension_is_that_of_the_command(target: Target, db: Conn) -> None:
    from fireline.assess.score import OF_FAMILY
    from fireline.assess.symptoms import RAMPS

    functions.install(target)
    listed = rows(db, "SELECT * FROM fireline.known()")
    families = {cause.label: cause.family for cause in causes().values()}
    assert {row["label"]: row["family"] for row in listed if row["label"] in families} == {
        row["label"]: families[row["label"]] for row in listed if row["label"] in families
    }
    dimensions = {label: OF_FAMILY[family] for label, family in families.items()}
    dimensions |= {ramp.name: ramp.dimension for ramp in RAMPS}
    wrong = {
        row["label"]: (row["dimension"], dimensions[row["label"]])
        for row in listed
        if row["kind"] != "hint" and row["label"] in dimensions and dimensions[row["label"]] != row["dimension"]
    }
    assert wrong == {}
