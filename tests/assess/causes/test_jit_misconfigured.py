"""Statements that take longer to compile than to run."""

from __future__ import annotations

from fireline.assess.causes.jit_misconfigured import judge
from tests.assess.given import look, settings, statement, statements
from tests.assess.refusals import facts, the

COMPILED = statement("SELECT n FROM orders WHERE id = $1", calls=10, mean_ms=200, jit_ms=1900.0, shared_hit=30, rows=10)
EAGER = settings(("shop", None, "jit_above_cost", "0"))


def test_the_setting_that_asks_for_it_is_taken_back_and_the_figures_forgotten() -> None:
    found = the(judge(look("every page is slow", settings=EAGER, statements=statements(COMPILED))))
    assert found.remedy.sql[0] == "ALTER DATABASE shop RESET jit_above_cost"
    assert "pg_stat_statements_reset" in found.remedy.sql[1]
    assert "compiling takes 95% of its time" in facts(found)
    assert {"missing_index", "stale_statistics", "planner_guc_disabled"} == {one.cause for one in found.rejected}


def test_without_such_a_setting_it_is_switched_off_for_the_database() -> None:
    found = the(judge(look("slow", statements=statements(COMPILED))))
    assert found.remedy.sql[0] == "ALTER DATABASE shop SET jit = off"
    assert found.probe.expect == "rows = 1"


def test_a_long_report_that_gains_by_it_and_a_statement_seen_once_are_silent() -> None:
    report = statement("SELECT sum(n) FROM orders", calls=5, mean_ms=9000, jit_ms=1500.0)
    once = statement("SELECT sum(x) FROM orders", calls=1, mean_ms=300, jit_ms=290.0)
    assert judge(look("slow", statements=statements(report, once))) == ()
    assert (
        judge(look(settings=settings(("shop", None, "jit_above_cost", "500000")), statements=statements(report))) == ()
    )


def test_where_the_extension_does_not_tell_only_a_complaint_and_the_setting_do() -> None:
    untold = statement("SELECT n FROM orders", calls=10, mean_ms=200, jit_ms=None)
    assert the(judge(look("slow", settings=EAGER, statements=statements(untold)))).confidence == 0.5
    assert judge(look(settings=EAGER, statements=statements(untold))) == ()
