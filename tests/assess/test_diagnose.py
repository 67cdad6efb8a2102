"""Looking, judging, probing: what holds for every cause."""

from __future__ import annotations

import json

import pytest
from psycopg.conninfo import make_conninfo

from fireline.assess.diagnose import causes, diagnose, probe
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.shelf import read
from tests.assess.faults import Faults
from tests.assess.judging import remedied, the_root


def test_a_healthy_server_has_no_cause(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE EXTENSION pg_stat_statements")
    faults.repeating("shop", "UPDATE orders SET n = n + 1 WHERE id = 1", "SELECT count(*) FROM accounts")
    faults.idle("quiet")
    found = diagnose(target)
    assert found.causes == ()
    assert [one["check"] for one in found.unknown] == ["past"]  # no store was asked
    assert found.coverage == 0.99
    assert found.server_version in ("18.6", "15.18") or found.server_version
    assert found.json()["causes"] == []


def test_it_does_not_wait_for_those_who_wait(target: Target, faults: Faults) -> None:
    faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
    faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 1")
    diagnose(target)
    assert diagnose(target).duration_ms < 8000


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
        unknown = {one["check"]: one["because"] for one in found.unknown}
        assert "grant it pg_monitor" in unknown["locks"]
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
        assert {one["check"] for one in diagnose(watched).unknown} <= {
            "files",
            "statements",
            "past",
        }  # a superuser's, and not installed
        remedied(watched, root)
    finally:
        faults.owner.execute("DROP ROLE monitor")


def test_a_lock_on_everything_does_not_hinder_the_look(target: Target, faults: Faults) -> None:
    faults.owner.execute("CREATE EXTENSION pg_stat_statements")
    faults.idle("admin", "LOCK TABLE orders, accounts")
    faults.waiting("web", "SELECT count(*) FROM orders")
    found = diagnose(target)
    assert [one["check"] for one in found.unknown] == ["past"]  # no store was asked
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
