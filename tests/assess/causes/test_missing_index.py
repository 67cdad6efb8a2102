"""A whole table is read for a few rows, and no index begins with the column that is asked by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.causes.missing_index import cause
from fireline.assess.complaint import read
from fireline.assess.follow_ups.plans import Node, Plan, Plans
from tests.assess.slow_shop import (
    AT,
    BY_EMAIL,
    EMAIL,
    PRIMARY,
    SLOW,
    customers,
    index,
    key,
    look,
    override,
    running,
    statement,
    table,
)


def test_it_is_named_with_its_evidence_remedy_and_probe() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL)))
    assert (
        verdict.title == "No index begins with public.orders.email, and statements that ask by it read the whole table."
    )
    assert verdict.objects == ("public.orders.email",)
    assert "40 calls of 80.0 ms, 1,000 blocks for 1.0 rows a call" in verdict.evidence[0].fact
    assert verdict.remedy.sql == ("CREATE INDEX CONCURRENTLY orders_email_idx ON public.orders (email)",)
    assert verdict.remedy.undo == ("DROP INDEX CONCURRENTLY public.orders_email_idx",)
    assert "a.attname = 'email'" in verdict.probe.sql
    assert {"invalid_index", "non_sargable_predicate", "planner_guc_disabled", "autovacuum_disabled_table"} <= {
        one.cause for one in verdict.rejected
    }


def test_a_name_that_is_taken_is_not_given_again() -> None:
    taken = index(4, name="orders_email_idx")
    (verdict,) = cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, taken)))
    assert "orders_email_idx1 ON" in verdict.remedy.sql[0]


def test_what_the_first_rows_are_sorted_by_joins_the_index() -> None:
    asked = statement("SELECT * FROM orders o WHERE o.customer_id = $1 ORDER BY o.made DESC LIMIT $2", rows=20)
    (verdict,) = cause.judge(look(asked))
    assert verdict.remedy.sql[0].endswith("(customer_id, made DESC)")


def test_on_a_partitioned_table_each_part_gets_its_own() -> None:
    whole = table(kind="p", pages=0, bytes=None, tuples=-1.0)
    parts = [table(oid=20_100 + n, name=f"orders_{n}", parent=whole.oid) for n in (1, 2)]
    (verdict,) = cause.judge(look(statement(BY_EMAIL, blocks=2000), tables=(whole, *parts), indexes=()))
    assert len(verdict.remedy.sql) == 5
    assert verdict.remedy.sql[0].endswith("ON ONLY public.orders (email)")
    assert verdict.remedy.sql[1].startswith("CREATE INDEX CONCURRENTLY orders_email_idx_1 ON public.orders_1")
    assert "ATTACH PARTITION public.orders_email_idx_1" in verdict.remedy.sql[2]


@pytest.mark.parametrize(
    "snapshot",
    [
        look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL)),
        look(statement(BY_EMAIL), indexes=(PRIMARY, index(2, valid=False))),
        look(statement("SELECT * FROM orders WHERE lower(email) = $1"), indexes=(PRIMARY, EMAIL)),
        look(statement(BY_EMAIL, jit_ms=3000.0)),
        look(statement(BY_EMAIL), tables=(table(live=500, dead=49_500, deleted=49_500),)),
        look(statement("SELECT * FROM orders WHERE email LIKE $1")),
        look(statement("SELECT c.id, (SELECT max(o.made) FROM orders o WHERE o.customer_id = c.id) FROM customers c", blocks=90_000, rows=10)),
        look(statement("DELETE FROM customers WHERE name = $1"), keys=(key(),)),
        look(statement("SELECT * FROM orders WHERE state = $1", rows=12_000)),
        look(statement("SELECT count(*) FROM orders WHERE state = $1")),
    ],
    ids=["index", "invalid", "wrapped", "jit", "bloat", "pattern", "correlated", "foreign key", "many rows", "few values"],
)  # fmt: skip
def test_the_fact_of_a_twin_makes_it_silent(snapshot: object) -> None:
    assert cause.judge(snapshot) == ()  # type: ignore[arg-type]


def test_no_setting_that_forbids_indexes_is_taken_for_it_when_there_is_none_to_use() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL), settings=override("enable_indexscan", "off")))
    assert verdict.cause == "missing_index"


@pytest.mark.parametrize(
    "quiet",
    [
        statement("SELECT * FROM orders WHERE id = $1", blocks=4, ms=0.1, calls=90_000),
        statement(BY_EMAIL, calls=1),
        statement("SELECT state, count(*) FROM orders GROUP BY state"),
        statement("SELECT * FROM customers WHERE name = $1", blocks=60, ms=1),
        statement("UPDATE orders SET state = $1 WHERE made < $2", rows=40_000, calls=3),
        statement("SELECT pg_sleep($1)", blocks=0),
        statement("SELECT * FROM pg_class WHERE relname = $1"),
        statement(BY_EMAIL, database="other"),
    ],
)
def test_a_healthy_server_is_left_alone(quiet: object) -> None:
    assert cause.judge(look(quiet, tables=(table(), customers()))) == ()  # type: ignore[arg-type]


def test_who_complains_is_heard_at_the_first_call() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL, calls=1, ms=400), said=SLOW))
    assert verdict.severity == "high"
    assert cause.judge(look(statement(BY_EMAIL, calls=1), said='relation "x" does not exist')) == ()


def test_a_statement_that_still_runs_counts_when_somebody_complains() -> None:
    busy = running("SELECT * FROM orders WHERE email = 'a@example.com'")
    (verdict,) = cause.judge(look(sessions=(busy,), said=SLOW))
    assert verdict.evidence[0].source == "pg_stat_activity"
    assert cause.judge(look(sessions=(busy,))) == ()
    assert cause.judge(look(sessions=(running(busy.query, wait_type="Lock"),), said=SLOW)) == ()


@pytest.mark.parametrize(("spared", "named"), [(12.0, True), (1700.0, False), (None, True)])
def test_an_index_that_the_planner_would_not_use_is_not_wanted(spared: float | None, named: bool) -> None:
    seen = look(statement(BY_EMAIL))
    plan = Plan(BY_EMAIL, 1775.0, 1, (Node("orders", "Seq Scan", None, 1),), spared)
    found = cause.judge(replace(seen, readings={**seen.readings, "plans": (Plans((plan,)),)}))
    assert bool(found) is named
    if found:
        assert any(one.source == "EXPLAIN" for one in found[0].evidence)
        assert any(one.source == "hypopg" for one in found[0].evidence) is (spared is not None)


def test_without_figures_the_last_statements_of_sessions_are_looked_at() -> None:
    idle = running("SELECT * FROM orders WHERE email = 'a@example.com'", state="idle", state_change=AT)
    seen = look(sessions=(idle,), said=SLOW)
    assert cause.judge(seen) == ()
    without = replace(seen, readings={name: one for name, one in seen.readings.items() if name != "statements"})
    (verdict,) = cause.judge(without)
    assert "ran it last, in 5.0 s" in verdict.evidence[0].fact


def test_a_column_of_few_values_wants_no_index_however_old_that_knowledge() -> None:
    counting = statement("SELECT count(*) FROM orders WHERE state = $1")
    assert cause.judge(look(counting, tables=(table(changed=40_000),), said=SLOW)) == ()


def test_a_table_that_was_never_counted_is_judged_by_what_was_read() -> None:
    fresh = table(pages=0, tuples=-1.0, bytes=None, live=0, columns=table().columns)
    assert cause.judge(look(statement(BY_EMAIL), tables=(fresh,), said=SLOW))


def test_the_complaint_is_one_it_explains() -> None:
    assert not read(SLOW).kinds.isdisjoint(cause.complaints)


def test_what_nobody_feels_is_silent_though_somebody_complains() -> None:
    quick, rest = statement(BY_EMAIL, ms=0.4), statement("SELECT count(*) FROM customers", ms=800.0)
    assert cause.judge(look(quick, rest, said="requests time out")) == ()
    often = statement(BY_EMAIL, ms=0.4, calls=400_000)
    assert cause.judge(look(often, rest, said="requests time out"))
