"""Each cause produced for real: named, its twins ruled out, its probe red; and green once the cause is gone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.assess.diagnose import causes, diagnose, probe
from fireline.assess.verdict import Verdict
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.shelf import read
from tests.assess.faults import Faults


def the_root(target: Target, symptom: str = "") -> Verdict:
    """The cause named first; its shape is checked, and that its probe is red."""
    found = diagnose(target, symptom)
    assert found.causes, found
    root = found.causes[0]
    data = json.loads(json.dumps(root.json()))
    assert data["cause"] in {cause.label for cause in causes().values()}
    assert data["title"].endswith(".")
    assert data["evidence"]
    assert data["rejected"]
    assert all(one["cause"] != data["cause"] for one in data["rejected"])
    assert 0 < data["confidence"] <= 1
    assert probe(target, data["probe"]) == "red"
    return root


def only(target: Target) -> str:
    labels = [verdict.cause for verdict in diagnose(target).causes]
    assert len(labels) == 1, labels
    return labels[0]


def remedied(target: Target, root: Verdict) -> None:
    """Do what the verdict's own SQL says; then its probe is green, and the cause not named any more."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        for statement in root.remedy.sql:
            conn.execute(statement.encode())
    end = time.monotonic() + 5
    while (state := probe(target, root.json()["probe"])) != "green":
        assert time.monotonic() < end, state
        time.sleep(0.05)
    assert root.cause not in [verdict.cause for verdict in diagnose(target).causes]


def test_a_healthy_server_has_no_cause(target: Target, faults: Faults) -> None:
    faults.repeating("shop", "UPDATE orders SET n = n + 1 WHERE id = 1", "SELECT count(*) FROM accounts")
    faults.idle("quiet")
    found = diagnose(target)
    assert found.causes == ()
    assert (found.unknown, found.coverage) == ((), 1.0)
    assert found.server_version in ("18.6", "15.18") or found.server_version
    assert found.json()["causes"] == []


def test_it_takes_less_than_a_second(target: Target, faults: Faults) -> None:
    faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 1")
    diagnose(target)
    assert diagnose(target).duration_ms < 1000


def test_an_idle_transaction_without_waiters_is_no_cause_unless_somebody_complains(
    target: Target, faults: Faults
) -> None:
    faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
    assert diagnose(target).causes == ()
    assert diagnose(target, "updates hang").causes == ()  # it is young


def test_idle_in_tx_row_lock(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    for number in range(5):
        faults.waiting(f"web{number}", "UPDATE orders SET n = 2 WHERE id = 7")
    root = the_root(target)
    assert (root.cause, root.severity) == ("idle_in_tx_row_lock", "high")
    assert (
        root.title
        == "An idle transaction has changed rows of orders and not committed; whoever changes the same rows waits."
    )
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main"
    assert (root.remedy.level, root.tree[0].pid, root.tree[0].root) == ("reversible", pid, True)
    assert [branch.depth for branch in root.tree].count(0) == 1
    assert len(root.tree) == 6
    assert "its uncommitted changes are lost" in root.remedy.text
    assert only(target) == root.cause
    remedied(target, root)


def test_ddl_queue_behind_idle_tx(target: Target, faults: Faults) -> None:
    pid = faults.idle("nightly-report", "SELECT count(*) FROM orders")
    migration = faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    for number in range(4):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert (root.cause, root.severity) == ("ddl_queue_behind_idle_tx", "critical")
    assert root.title == (
        "An idle transaction holds a read lock on orders; a migration waits for it; everyone waits for the migration."
    )
    assert [branch.pid for branch in root.tree][:2] == [pid, migration]
    assert [branch.depth for branch in root.tree] == [0, 1, 2, 2, 2, 2]
    assert root.tree[0].text.startswith("idle in transaction ")
    assert "nightly-report@local   read orders, never committed" in root.tree[0].text
    assert "it has written nothing, so only an open read is lost" in root.remedy.text
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main"
    assert {one.cause for one in root.rejected} >= {
        "exclusive_maintenance",
        "idle_in_tx_row_lock",
        "orphan_prepared_tx",
    }
    assert "even reading hangs" in root.explains
    assert only(target) == root.cause
    remedied(target, root)


def test_ddl_behind_several_idle_readers_names_them_all(target: Target, faults: Faults) -> None:
    pids = [faults.idle(f"report{number}", "SELECT count(*) FROM orders") for number in range(3)]
    faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    root = the_root(target)
    assert root.cause == "ddl_queue_behind_idle_tx"
    assert root.title == "An idle transaction holds a read lock on orders; a migration waits for it."
    assert {f"pid {pid}" for pid in pids} <= set(root.objects)
    assert len(root.remedy.sql) == 3
    remedied(target, root)


def test_an_index_built_concurrently_waits_for_an_idle_transaction(target: Target, faults: Faults) -> None:
    pid = faults.idle("report", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM accounts")
    faults.waiting("migrate", "CREATE INDEX CONCURRENTLY i ON orders (n)")
    root = the_root(target)
    assert (root.cause, root.tree[0].pid) == ("ddl_queue_behind_idle_tx", pid)
    remedied(target, root)


def test_idle_in_tx_table_lock(target: Target, faults: Faults) -> None:
    pid = faults.idle("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    for number in range(3):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert (root.cause, root.severity) == ("idle_in_tx_table_lock", "critical")
    assert root.title == "An idle transaction has locked orders as a whole and not committed; nobody can read it."
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main"
    assert only(target) == root.cause
    remedied(target, root)


def test_exclusive_maintenance(target: Target, faults: Faults) -> None:
    pid = faults.running("admin", "DO $$ BEGIN LOCK TABLE orders; PERFORM pg_sleep(60); END $$")
    faults.until("SELECT FROM pg_locks WHERE pid = %s AND mode = 'AccessExclusiveLock' AND granted", pid)
    for number in range(3):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert (root.cause, root.severity) == ("exclusive_maintenance", "critical")
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main --cancel"
    assert "pg_cancel_backend" in root.remedy.sql[0]
    assert only(target) == root.cause
    remedied(target, root)


def test_a_real_vacuum_full_is_maintenance_and_its_progress_is_told(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE TABLE big AS SELECT n, repeat(n::text, 20) AS v FROM generate_series(1, 400000) n")
    faults.owner.execute(
        "CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN $1; END'"
    )
    faults.owner.execute("CREATE TABLE few AS SELECT * FROM big LIMIT 1000; CREATE INDEX ON few (n)")
    pid = faults.running("admin", "CREATE INDEX ON few (slow(v))")
    faults.until(
        "SELECT FROM pg_locks WHERE pid = %s AND mode = 'ShareLock' AND granted AND relation = 'few'::regclass", pid
    )
    faults.waiting("web", "UPDATE few SET n = 1 WHERE n = 1")
    root = the_root(target)
    assert root.cause == "exclusive_maintenance"
    assert root.title == "CREATE INDEX is running and has locked few for itself; everyone who writes to it waits."
    assert any(one.source == "pg_stat_progress" for one in root.evidence)
    remedied(target, root)


@pytest.mark.parametrize("call", ["pg_advisory_lock(42)", "pg_advisory_lock(7, 9)", "pg_advisory_lock(-1)"])
def test_advisory_lock_leak(target: Target, faults: Faults, call: str) -> None:
    holder = faults.open("cron", autocommit=True)
    holder.execute(f"SELECT {call}")
    faults.waiting("job", f"SELECT {call}")
    root = the_root(target)
    assert root.cause == "advisory_lock_leak"
    if "-1" not in call:
        assert call in root.title
    assert "nothing is lost" in root.remedy.text
    assert only(target) == root.cause
    remedied(target, root)


def test_an_advisory_lock_at_work_is_no_leak(target: Target, faults: Faults) -> None:
    faults.running("cron", "SELECT pg_advisory_lock(42), pg_sleep(60)")
    faults.until("SELECT FROM pg_locks WHERE locktype = 'advisory'")
    faults.waiting("job", "SELECT pg_advisory_lock(42)")
    assert "advisory_lock_leak" not in [verdict.cause for verdict in diagnose(target, "the job never starts").causes]


def test_orphan_prepared_tx(target: Target, faults: Faults) -> None:
    maker = faults.open("app", autocommit=True)
    maker.execute("BEGIN; UPDATE orders SET n = 1 WHERE id = 7; PREPARE TRANSACTION 'it''s \\ mine'")
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    root = the_root(target)
    assert (root.cause, root.remedy.level, root.remedy.command) == ("orphan_prepared_tx", "destructive", None)
    assert root.remedy.sql == ("ROLLBACK PREPARED E'it''s \\\\ mine'",)
    assert root.tree[0].pid == 0
    assert "no session holds it" in root.tree[0].text
    assert only(target) == root.cause
    remedied(target, root)


def test_a_prepared_ddl_blocks_readers_and_is_found_too(target: Target, faults: Faults) -> None:
    maker = faults.open("app", autocommit=True)
    maker.execute("BEGIN; ALTER TABLE orders ADD COLUMN venue text; PREPARE TRANSACTION 'ddl'")
    faults.waiting("web", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert root.cause == "orphan_prepared_tx"
    assert "ddl" in root.title
    remedied(target, root)


def test_hot_row_contention(target: Target, faults: Faults) -> None:
    for number in range(8):
        faults.repeating(f"web{number}", "UPDATE orders SET n = n + 1 WHERE id = 7", "SELECT pg_sleep(0.02)")
    faults.until("SELECT FROM pg_locks WHERE NOT granted GROUP BY () HAVING count(*) > 4")
    root = the_root(target)
    assert root.cause == "hot_row_contention"
    assert (root.remedy.command, root.remedy.sql) == (None, ())
    assert "Kill nobody" in root.remedy.text
    assert only(target) == root.cause


def test_a_long_statement_is_told_from_an_idle_transaction(target: Target, faults: Faults) -> None:
    pid = faults.running("batch", "DO $$ BEGIN UPDATE orders SET n = 1 WHERE id = 7; PERFORM pg_sleep(60); END $$")
    faults.until("SELECT FROM pg_stat_activity WHERE pid = %s AND backend_xid IS NOT NULL", pid)
    faults.aged(pid, 1.1)
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    root = the_root(target)
    assert root.cause == "long_statement_holds_lock"
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main --cancel"
    assert only(target) == root.cause
    remedied(target, root)


def test_sync_standby_missing(target: Target, faults: Faults) -> None:
    writer = faults.open("web", options="-c synchronous_commit=on")
    writer.execute("SET synchronous_commit = on")
    faults.owner.execute("ALTER SYSTEM SET synchronous_standby_names = 'nowhere'")
    try:
        faults.owner.execute("SELECT pg_reload_conf()")
        faults.until("SELECT FROM pg_file_settings WHERE name = 'synchronous_standby_names' AND applied")
        writer.execute("UPDATE orders SET n = 9 WHERE id = 9")
        faults._begin(lambda: _quietly(writer.commit))
        faults.until("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        faults.aged(writer.info.backend_pid, 1.1)
        root = the_root(target)
        assert (root.cause, root.severity) == ("sync_standby_missing", "high")
        assert only(target) == root.cause
        remedied(target, root)
    finally:
        faults.owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
        faults.owner.execute("SELECT pg_reload_conf()")


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except psycopg.Error:
        return


def test_two_causes_at_once_are_both_named_the_worse_first(target: Target, faults: Faults) -> None:
    reader = faults.idle("report", "SELECT count(*) FROM orders")
    faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    for number in range(4):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    writer = faults.idle("worker", "UPDATE accounts SET n = 1 WHERE id = 7")
    faults.waiting("web9", "UPDATE accounts SET n = 2 WHERE id = 7")
    found = diagnose(target).causes
    assert [verdict.cause for verdict in found] == ["ddl_queue_behind_idle_tx", "idle_in_tx_row_lock"]
    assert [verdict.tree[0].pid for verdict in found] == [reader, writer]


def test_a_chain_of_waiters_leads_to_its_end(target: Target, faults: Faults) -> None:
    root_pid = faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
    middle = faults.open("middle")
    middle.execute("UPDATE accounts SET n = 1 WHERE id = 1")
    faults._begin(lambda: _quietly(lambda: middle.execute("UPDATE orders SET n = 2 WHERE id = 1")))
    faults.until("SELECT FROM pg_locks WHERE NOT granted AND pid = %s", middle.info.backend_pid)
    faults.waiting("web", "UPDATE accounts SET n = 2 WHERE id = 1")
    root = the_root(target)
    assert [branch.pid for branch in root.tree][:2] == [root_pid, middle.info.backend_pid]
    assert [branch.depth for branch in root.tree] == [0, 1, 2]


def test_many_waiters_are_counted_and_not_all_listed(target: Target, faults: Faults) -> None:
    faults.idle("worker", "LOCK TABLE orders")
    for number in range(16):
        faults.waiting(f"web{number}", "SELECT count(*) FROM orders")
    root = the_root(target)
    assert len(root.tree) == 1 + 12 + 1
    assert root.tree[-1].text == "… and 4 more wait"
    assert "connections pile up" in root.explains


def test_a_role_that_may_not_see_says_unknown_and_never_green(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE ROLE blind LOGIN PASSWORD 'blind-pw'")
    limited = Target("main", Secret(make_conninfo(target.dsn.reveal(), user="blind", password="blind-pw")))
    try:
        pid = faults.idle("report", "SELECT count(*) FROM orders")
        faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
        seen = the_root(target)
        found = diagnose(limited)
        assert found.causes == ()
        assert found.coverage < 1
        assert [one["check"] for one in found.unknown] == ["locks"]
        assert "grant it pg_monitor" in found.unknown[0]["because"]
        faults.owner.execute("SELECT pg_terminate_backend(%s)", [pid])
        faults.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", pid)
        assert probe(limited, seen.json()["probe"]) == "unknown"
        assert probe(target, seen.json()["probe"]) == "green"
    finally:
        faults.owner.execute("DROP ROLE blind")


def test_a_reading_role_with_pg_monitor_sees_everything(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE ROLE monitor LOGIN PASSWORD 'monitor-pw' IN ROLE pg_monitor")
    monitor = Secret(make_conninfo(target.dsn.reveal(), user="monitor", password="monitor-pw"))
    watched = Target("main", target.dsn, monitor)
    try:
        faults.idle("report", "SELECT count(*) FROM orders")
        faults.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
        root = the_root(watched)
        assert root.cause == "ddl_queue_behind_idle_tx"
        assert diagnose(watched).unknown == ()
        remedied(watched, root)
    finally:
        faults.owner.execute("DROP ROLE monitor")


def test_a_lock_on_everything_does_not_hinder_the_look(target: Target, faults: Faults) -> None:
    faults.idle("admin", "LOCK TABLE orders, accounts")
    faults.waiting("web", "SELECT count(*) FROM orders")
    found = diagnose(target)
    assert found.unknown == ()
    assert found.causes[0].cause == "idle_in_tx_table_lock"


def test_secrets_in_statements_do_not_reach_the_verdict(target: Target, faults: Faults) -> None:
    faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7 AND 'sk_live_abcdefghijklmnop' <> ''")
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7 -- password='hunter2-hunter2'")
    told = json.dumps(the_root(target).json())
    assert "abcdefghijklmnop" not in told
    assert "hunter2" not in told


def test_a_target_that_does_not_answer_is_unavailable_and_its_probe_unknown() -> None:
    away = Target("main", Secret("host=127.0.0.1 port=1"))
    with pytest.raises(TargetUnavailable):
        diagnose(away)
    assert probe(away, {"sql": "SELECT 1", "expect": "rows = 0"}) == "unknown"


def test_a_probe_that_is_no_read_or_makes_no_sense_is_unknown(target: Target) -> None:
    assert probe(target, {}) == "unknown"
    assert probe(target, {"sql": "DELETE FROM orders", "expect": "rows = 0"}) == "unknown"
    assert probe(target, {"sql": "SELECT 1", "expect": "what?"}) == "unknown"
    assert probe(target, {"sql": "SELECT 1 AS a", "expect": "a = 1"}) == "green"
    assert probe(target, {"sql": "SELECT 1 AS a", "expect": "a = 2"}) == "red"


def test_every_cause_is_called_by_the_name_of_its_file() -> None:
    assert {name.replace("-", "_") for name in read("fireline.assess.causes", "cause")} == {
        cause.label for cause in causes().values()
    }
