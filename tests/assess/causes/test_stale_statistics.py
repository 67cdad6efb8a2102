"""The planner reckons with figures of long ago."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.assess.causes.stale_statistics import cause
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, SLOW, customers, look, override, statement, table

JOIN = "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.email = $1"


def grown(**more: Any) -> Any:
    """Twenty times as many rows as were known."""
    return table(**({"pages": 50, "tuples": 2500.0, "changed": 47_500} | more))


def test_an_index_that_is_there_and_not_used_with_old_figures() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL), tables=(grown(),), indexes=(PRIMARY, EMAIL), said=SLOW))
    assert verdict.objects == ("public.orders",)
    assert "47,500 rows of public.orders were changed since it was last analysed" in verdict.evidence[0].fact
    assert verdict.remedy.sql == ("ANALYZE public.orders",)
    assert "last_analyze" in verdict.probe.sql
    assert {"missing_index", "non_sargable_predicate", "planner_guc_disabled"} <= {
        one.cause for one in verdict.rejected
    }


def test_tables_read_again_and_again_with_old_figures() -> None:
    asked = statement(JOIN, blocks=60_000, ms=900)
    (verdict,) = cause.judge(look(asked, tables=(grown(), customers()), indexes=(PRIMARY, EMAIL)))
    assert verdict.objects == ("public.orders",)


def test_the_size_of_the_file_tells_what_counters_do_not_yet() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL), tables=(grown(changed=0),), indexes=(PRIMARY, EMAIL)))
    assert "1,000 pages now, and had 50" in verdict.evidence[0].fact


@pytest.mark.parametrize(
    ("tables", "more"),
    [
        ((table(),), {}),
        ((table(changed=9000),), {}),
        ((table(changed=50_000, live=100_000),), {}),
        ((grown(),), {"settings": override("enable_indexscan", "off")}),
        ((grown(),), {"indexes": (PRIMARY,)}),
        ((grown(tuples=2500.0, live=300, dead=40_000, deleted=49_700),), {}),
    ],
    ids=["fresh", "a little", "counted twice", "setting", "no index", "bloat"],
)
def test_the_fact_of_a_twin_makes_it_silent(tables: Any, more: Any) -> None:
    assert cause.judge(look(statement(BY_EMAIL), **({"tables": tables, "indexes": (PRIMARY, EMAIL)} | more))) == ()


def test_a_table_that_is_loaded_while_nothing_suffers_is_left_alone() -> None:
    quick = statement(BY_EMAIL, blocks=4, ms=0.1)
    assert cause.judge(look(quick, tables=(grown(),), indexes=(PRIMARY, EMAIL))) == ()
    assert cause.judge(look(quick, tables=(grown(),), indexes=(PRIMARY, EMAIL), said=SLOW)) == ()
