"""Settings that keep the planner from the indexes there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.causes.planner_guc_disabled import cause
from fireline.assess.checks.files import Files, Line
from fireline.assess.checks.settings import Override, Settings
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, SLOW, look, override, statement

BOTH = Settings(
    {}, (Override(None, "web", "enable_indexscan", "off"), Override(None, "web", "enable_bitmapscan", "off"))
)


def test_it_is_named_with_the_statement_that_suffers_and_taken_back() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL), settings=BOTH, said=SLOW))
    assert verdict.objects == ("enable_indexscan of role web", "enable_bitmapscan of role web")
    assert verdict.remedy.sql == ("ALTER ROLE web RESET enable_indexscan", "ALTER ROLE web RESET enable_bitmapscan")
    assert verdict.remedy.undo == (
        "ALTER ROLE web SET enable_indexscan = 'off'",
        "ALTER ROLE web SET enable_bitmapscan = 'off'",
    )
    assert verdict.probe.expect == "rows = 0"
    assert {"missing_index", "invalid_index", "stale_statistics"} <= {one.cause for one in verdict.rejected}


def test_a_price_that_no_index_is_worth_is_the_same() -> None:
    settings = override("random_page_cost", "1000", role=None, database="app")
    (verdict,) = cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL), settings=settings))
    assert verdict.remedy.sql == ("ALTER DATABASE app RESET random_page_cost",)


def test_no_index_at_all_is_never_meant_even_while_nothing_is_slow() -> None:
    (verdict,) = cause.judge(look(settings=BOTH))
    assert verdict.severity == "medium"


@pytest.mark.parametrize(
    "settings",
    [
        override("random_page_cost", "1.1"),
        override("enable_nestloop", "off", role="reporting"),
        override("enable_indexscan", "off", role="somebody_else"),
        override("enable_indexscan", "on"),
        override("work_mem", "64MB"),
        override("enable_indexscan", "off", database="other"),
    ],
)
def test_settings_that_do_no_harm_here_are_left_alone(settings: Settings) -> None:
    assert cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL), settings=settings)) == ()


def test_the_nearest_origin_counts() -> None:
    settings = Settings(
        {}, (Override("app", None, "random_page_cost", "1000"), Override(None, "web", "random_page_cost", "1.1"))
    )
    found = cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL), settings=settings))
    assert [one.evidence[0].source for one in found] == ["pg_db_role_setting"]  # for all others but web
    assert not any("SELECT" in fact.fact for one in found for fact in one.evidence)


def test_where_there_is_no_index_a_setting_does_not_keep_from_it() -> None:
    assert cause.judge(look(statement(BY_EMAIL), settings=override("enable_indexscan", "off"))) == ()


def test_the_server_reads_its_files_anew_when_all_are_taken_back() -> None:
    lines = tuple(
        Line("/d/postgresql.auto.conf", 3, name, "off", True) for name in ("enable_indexscan", "enable_bitmapscan")
    )
    seen = look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL))
    (verdict,) = cause.judge(replace(seen, readings={**seen.readings, "files": (Files(lines),)}))
    assert verdict.remedy.sql == (
        "ALTER SYSTEM RESET enable_indexscan",
        "ALTER SYSTEM RESET enable_bitmapscan",
        "SELECT pg_reload_conf()",
    )
