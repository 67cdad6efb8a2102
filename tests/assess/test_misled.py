"""Statements that suffer from old figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fireline.assess.misled import misled
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, SLOW, customers, look, statement, table

JOIN = "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.email = $1"
OLD = table(pages=50, tuples=2500.0, changed=47_500)
INDEXES = (PRIMARY, EMAIL)


def test_an_index_that_is_not_used_tells_the_reason_and_all_who_suffer() -> None:
    twice = (statement(BY_EMAIL), statement("SELECT id FROM orders WHERE email = $1"))
    (found,) = misled(look(*twice, tables=(OLD,), indexes=INDEXES))
    assert (found.table.name, found.index and found.index.name) == ("orders", "orders_email_idx")
    assert found.reason is not None
    assert {slow.text for slow in found.slows} == {one.text for one in twice}


def test_tables_that_are_read_again_and_again_tell_what_it_is_not() -> None:
    (found,) = misled(look(statement(JOIN, blocks=60_000, ms=900), tables=(OLD, customers()), indexes=INDEXES))
    assert [slow.text for slow in found.slows] == [JOIN]
    told = {one.cause for one in found.rejected}
    assert found.reason is not None or {"missing_index", "planner_guc_disabled", "correlated_subquery"} <= told


@pytest.mark.parametrize(
    "tables", [(table(), customers()), (replace(OLD, changed=0, pages=1000, tuples=50_000.0), customers()), ()]
)
def test_fresh_figures_and_unknown_tables_mislead_nobody(tables: Any) -> None:
    assert misled(look(statement(JOIN, blocks=60_000, ms=900), tables=tables, indexes=INDEXES, said=SLOW)) == ()


def test_who_reads_no_more_than_the_tables_hold_and_is_quick_does_not_suffer() -> None:
    quick = statement(JOIN, blocks=10, ms=0.2)
    assert misled(look(quick, tables=(OLD, customers()), indexes=INDEXES, said=SLOW)) == ()
