"""A statement does far more for the same rows than before: what changed with it, what explains it better, what is no such thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fireline.assess.causes.plan_regression import cause
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.statements import Statement
from fireline.assess.complaint import read
from fireline.assess.diagnose import judge
from fireline.assess.past import Past
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Verdict
from tests.assess.before import CALLS, earlier, now, usual
from tests.assess.given import base
from tests.assess.slow_shop import AT, PRIMARY, SLOW, index, override, table

NEWEST = "SELECT id, email FROM orders ORDER BY made DESC LIMIT $1"
JOIN = "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = $1"
OTHER = usual("SELECT * FROM customers WHERE id = $1")
MADE = index(5, name="orders_made_idx")


def looked(
    text: str,
    then: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    said: str = "",
) -> Snapshot:
    """One statement, ordinary for half an hour and then so; the world of before and of now."""
    one, known = usual(text), before or {}
    past = earlier(one, OTHER, **known)
    return now(past, [(one, usual(text, **then)), (OTHER, OTHER)], **{**known, **(after or {}), "said": said})


def judged(text: str, **given: Any) -> tuple[Verdict, ...]:
    return cause.judge(looked(text, given.pop("then", {"blocks": 1000, "ms": 80}), **given))


def only(text: str, **given: Any) -> Verdict:
    (verdict,) = judged(text, **given)
    return verdict


def test_an_index_that_is_gone_is_named_with_before_and_now() -> None:
    verdict = only(NEWEST, before={"indexes": (PRIMARY, MADE)}, after={"indexes": (PRIMARY,)})
    assert verdict.title.startswith("The index orders_made_idx of public.orders can not be used any more")
    assert verdict.objects == ("public.orders: orders_made_idx",)
    facts = [one.fact for one in verdict.evidence]
    assert (
        "now 1/s, 80 ms and 1,000 blocks for 1.0 rows a call; before 1/s, 0.1 ms and 4 blocks for 1.0 rows a call"
        in facts[0]
    )
    assert (
        facts[1]
        == "the index orders_made_idx on public.orders (made) was usable at 02:55 UTC, and is not there any more"
    )
    assert verdict.remedy.sql[0] == "CREATE INDEX CONCURRENTLY orders_made_idx ON public.orders USING btree (made)"
    assert verdict.remedy.sql[1].startswith("SELECT public.pg_stat_statements_reset(16400, 16384, ")
    assert verdict.remedy.undo == ("DROP INDEX CONCURRENTLY public.orders_made_idx",)
    assert "a.attname = 'made'" in verdict.probe.sql
    assert {"n_plus_one", "missing_index", "autovacuum_disabled_table", "stale_statistics"} <= {
        one.cause for one in verdict.rejected
    }
    assert verdict.severity == "medium"
    slower = only(
        NEWEST, then={"blocks": 9000, "ms": 800}, before={"indexes": (PRIMARY, MADE)}, after={"indexes": (PRIMARY,)}
    )
    assert slower.severity == "high"  # it keeps most of a session busy


def test_one_that_is_there_under_another_name_or_was_made_anew_is_no_reason() -> None:
    renamed = replace(MADE, oid=39_999, name="orders_made_new")
    assert judged(NEWEST, before={"indexes": (PRIMARY, MADE)}, after={"indexes": (PRIMARY, renamed)}) == ()


def test_one_that_became_invalid_is() -> None:
    verdict = only(
        NEWEST, before={"indexes": (PRIMARY, MADE)}, after={"indexes": (PRIMARY, replace(MADE, valid=False))}
    )
    assert any("is invalid now" in one.fact for one in verdict.evidence)
    assert verdict.remedy.sql[0] == "DROP INDEX CONCURRENTLY public.orders_made_idx"
    assert verdict.remedy.sql[1].startswith("CREATE INDEX CONCURRENTLY orders_made_idx ON")


def test_an_index_that_has_its_name_now_is_never_dropped_for_it() -> None:
    other = index(5, 4, name="orders_made_idx")
    verdict = only(NEWEST, before={"indexes": (PRIMARY, MADE)}, after={"indexes": (PRIMARY, other)})
    assert not any("DROP" in one for one in verdict.remedy.sql)
    assert verdict.remedy.sql[0].startswith("CREATE INDEX CONCURRENTLY orders_made_idx1 ON public.orders")
    assert verdict.remedy.undo == ("DROP INDEX CONCURRENTLY public.orders_made_idx1",)


def test_an_index_on_an_expression_is_not_made_by_guesswork() -> None:
    odd = index(0, name="orders_odd_idx", tree="{FUNCEXPR :funcid 870 :location 12}", expression_columns=frozenset({5}))
    verdict = only(NEWEST, before={"indexes": (PRIMARY, odd)}, after={"indexes": (PRIMARY,)})
    assert not any("CREATE" in one for one in verdict.remedy.sql)
    assert "its definition is in the migrations" in verdict.remedy.text


def work_mem(value: str) -> Settings:
    return Settings({"work_mem": base("work_mem", value, "kB", "configuration file", default="4096")})


def test_a_setting_of_the_server_that_was_changed_is_named_and_given_back() -> None:
    verdict = only(
        "SELECT id FROM orders ORDER BY email", then={"blocks": 4, "ms": 40, "temp_written": CALLS * 300},
        before={"settings": work_mem("65536")}, after={"settings": work_mem("4096")},
    )  # fmt: skip
    assert verdict.title.startswith("The setting work_mem is not what it was")
    assert verdict.remedy.sql[:2] == ("ALTER SYSTEM SET work_mem = '65536'", "SELECT pg_reload_conf()")
    assert verdict.remedy.undo == ("ALTER SYSTEM SET work_mem = '4096'", "SELECT pg_reload_conf()")
    assert verdict.probe.sql == "SELECT name FROM pg_settings WHERE name = 'work_mem' AND setting = '4096'"


def test_what_was_given_to_the_role_that_runs_it_counts_and_to_another_not() -> None:
    plain = {"settings": replace(override("join_collapse_limit", "1"), overrides=())}
    mine = only(JOIN, before=plain, after={"settings": override("join_collapse_limit", "1")})
    assert mine.remedy.sql[0] == "ALTER ROLE web RESET join_collapse_limit"
    assert mine.remedy.undo == ("ALTER ROLE web SET join_collapse_limit = '1'",)
    assert "pg_db_role_setting" in mine.probe.sql
    other = only(JOIN, before=plain, after={"settings": override("join_collapse_limit", "1", role="batch")})
    assert other.title.startswith("A statement does far more")


def test_figures_that_were_taken_anew_are_named_when_nothing_better_is_known() -> None:
    fresh = (table(last_analyze=AT - timedelta(minutes=7)),)
    verdict = only(JOIN, after={"tables": fresh})
    assert (
        verdict.title
        == "The planner's figures of public.orders were taken anew, and statements do far more for the same rows than before."
    )
    assert verdict.remedy.sql[0] == "ANALYZE public.orders"
    assert verdict.confidence < 0.9


def test_a_table_that_has_grown_is_named() -> None:
    grown = (table(pages=9000, bytes=9000 * 8192, tuples=450_000.0, live=450_000, inserted=450_000),)
    verdict = only(JOIN, after={"tables": grown})
    assert verdict.title.startswith("public.orders has grown")
    assert any("has 9,000 pages, and had 1,000" in one.fact for one in verdict.evidence)


def test_without_a_reason_the_statement_itself_is_named_with_half_a_confidence() -> None:
    verdict = only(JOIN)
    assert verdict.title.startswith("A statement does far more for the same rows than before: SELECT o.id, c.name")
    assert verdict.confidence == 0.5
    assert "shared_blks_hit + shared_blks_read >= calls * 502" in verdict.probe.sql


@pytest.mark.parametrize(
    "then",
    [
        {},
        {"blocks": 12, "ms": 0.3},
        {"blocks": 1000, "rows": 400, "ms": 80},
        {"blocks": 4, "ms": 80},
    ],
    ids=["as ever", "cheap still", "asked for more rows", "waits, for all we know"],
)
def test_what_is_no_worse_plan_is_left_alone(then: dict[str, Any]) -> None:
    assert judged(JOIN, then=then) == ()
    assert judged(JOIN, then=then, said=SLOW) == ()


def test_a_sum_over_more_rows_is_no_worse_plan_unless_something_changed() -> None:
    counted = "SELECT count(*) FROM orders WHERE made > $1"
    assert judged(counted) == ()
    assert judged(counted, before={"indexes": (PRIMARY, MADE)}, after={"indexes": (PRIMARY,)})


def test_a_table_full_of_dead_rows_is_another_matter() -> None:
    dead = (table(live=500, dead=49_500, deleted=49_500),)
    assert judged(JOIN, after={"tables": dead}) == ()


def test_one_that_ended_well_during_the_look_itself_is_well_again() -> None:
    snapshot = looked(JOIN, {"blocks": 1000, "ms": 80})
    first, last = snapshot.readings["statements"]
    earlier_ones = tuple(_less(one) for one in first.statements)
    first = replace(first, statements=earlier_ones, at=first.at - timedelta(seconds=0.25))
    assert cause.judge(snapshot)
    assert cause.judge(replace(snapshot, readings={**snapshot.readings, "statements": (first, last)})) == ()


def _less(one: Statement) -> Statement:
    return replace(
        one, calls=one.calls - 3, rows=one.rows - 3, total_ms=one.total_ms - 0.3, shared_hit=one.shared_hit - 12
    )


def test_one_call_is_enough_when_somebody_complains_and_not_otherwise() -> None:
    once = replace(usual(JOIN), calls=1, rows=1, shared_hit=900, total_ms=400.0, mean_ms=400.0)
    past = earlier(usual(JOIN), OTHER)
    silent = now(past, [(usual(JOIN), once), (OTHER, OTHER)])
    assert cause.judge(silent) == ()
    assert cause.judge(now(past, [(usual(JOIN), once), (OTHER, OTHER)], said=SLOW))


def test_without_earlier_looks_it_is_silent() -> None:
    snapshot = looked(JOIN, {"blocks": 1000, "ms": 80})
    bare = {name: one for name, one in snapshot.readings.items() if name != "past"}
    assert cause.judge(replace(snapshot, readings=bare)) == ()


def test_where_another_cause_explains_the_statement_it_gives_way_and_leaves_what_it_knows() -> None:
    email = index(2, name="orders_email_idx")
    snapshot = looked(
        "SELECT * FROM orders WHERE email = $1",
        {"blocks": 1000, "ms": 80},
        before={"indexes": (PRIMARY, email)},
        after={"indexes": (PRIMARY,)},
    )
    assert cause.judge(snapshot)
    (root,) = judge(snapshot)
    assert root.cause == "missing_index"
    facts = [one.fact for one in root.evidence if one.source == "earlier looks"]
    assert "before 1/s, 0.1 ms and 4 blocks" in facts[0]
    assert "orders_email_idx" in facts[1]


def test_the_complaint_is_one_it_explains() -> None:
    assert not read(SLOW).kinds.isdisjoint(cause.complaints)


def test_looks_that_can_not_be_compared_tell_nothing() -> None:
    snapshot = looked(JOIN, {"blocks": 1000, "ms": 80})
    past = snapshot.last("past", Past)
    assert past is not None
    elsewhere = tuple(replace(one, major=15) for one in past.looks)
    moved = replace(past, looks=elsewhere)
    assert cause.judge(replace(snapshot, readings={**snapshot.readings, "past": (moved,)})) == ()
