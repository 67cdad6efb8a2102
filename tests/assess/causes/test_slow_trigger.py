"""Writes that a trigger makes slow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.causes.slow_trigger import judge
from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.statements import Statement
from fireline.assess.checks.tables import Table
from fireline.assess.checks.triggers import Trigger, Triggers
from tests.assess.given import look, statement, statements, tables
from tests.assess.refusals import facts, the

INSERT = statement("INSERT INTO orders (n) VALUES ($1)", calls=50, mean_ms=40, rows=50, shared_hit=100_000)
SLOW = Trigger(11, 7, "public", "orders", "audit_rows", function="audit", body="d1", calls=50, total_ms=1900.0)
QUICK = Trigger(12, 7, "public", "orders", "touch", function="touch", calls=50, total_ms=1.0, queries=False)
ORDERS = tables(Table(7, "public", "orders"))


def seen(symptom: str, *triggers: Trigger, insert: Statement = INSERT) -> Any:
    return look(symptom, statements=statements(insert), tables=ORDERS, indexes=Indexes(), triggers=Triggers(triggers))


def test_the_trigger_whose_function_takes_the_time_is_named() -> None:
    found = the(judge(seen("saving is slow", QUICK, SLOW)))
    assert found.objects[0] == "public.orders trigger audit_rows"
    assert "takes 38.0 ms each, 95% of the time of a row" in facts(found)
    assert found.remedy.sql == ("ALTER TABLE public.orders DISABLE TRIGGER audit_rows",)
    assert found.remedy.undo == ("ALTER TABLE public.orders ENABLE TRIGGER audit_rows",)
    assert found.remedy.level == "destructive"
    assert {"redundant_indexes", "idle_in_tx_row_lock"} <= {one.cause for one in found.rejected}


def test_where_calls_are_not_counted_the_blocks_of_a_row_tell_and_a_trigger_with_queries_is_meant() -> None:
    found = the(judge(seen("saving is slow", replace(QUICK, calls=0), replace(SLOW, calls=0, total_ms=0.0))))
    assert (found.objects[0], found.confidence) == ("public.orders trigger audit_rows", 0.75)


def test_quick_triggers_disabled_ones_and_those_of_another_command_are_silent() -> None:
    for one in (QUICK, replace(SLOW, enabled="D"), replace(SLOW, type=17)):
        assert judge(seen("saving is slow", one)) == ()


def test_a_statement_that_waits_and_reads_little_is_not_the_triggers_fault() -> None:
    waits = replace(INSERT, shared_hit=300)
    assert judge(seen("saving is slow", replace(SLOW, calls=0, total_ms=0.0), insert=waits)) == ()
    assert judge(seen("saving is slow", replace(SLOW, total_ms=5.0), insert=waits)) == ()


def test_a_bulk_load_is_judged_by_its_rows() -> None:
    load = replace(INSERT, calls=1, rows=100_000, total_ms=4000.0, mean_ms=4000.0)
    assert judge(seen("saving is slow", replace(SLOW, calls=100_000, total_ms=500.0), insert=load)) == ()
