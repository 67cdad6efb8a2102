"""Sorts that go through the disk by a setting."""

from __future__ import annotations

from fireline.assess.causes.work_mem_override import judge
from tests.assess.given import look, settings, statement, statements
from tests.assess.refusals import facts, the

SORT = statement(
    "SELECT id, note FROM orders ORDER BY note", calls=10, mean_ms=80, temp_written=9000, shared_hit=9000, rows=20_000
)
SMALL = settings((None, "web", "work_mem", "64kB"))


def test_the_override_is_named_with_the_statement_that_suffers() -> None:
    found = the(judge(look("everything is slow", settings=SMALL, statements=statements(SORT))))
    assert found.severity == "high"
    assert "900 temporary blocks a call" in facts(found)
    assert found.remedy.sql == ("ALTER ROLE web RESET work_mem",)
    assert "missing_index" in {one.cause for one in found.rejected}


def test_another_role_suffers_from_its_own_setting_only() -> None:
    given = settings((None, "report", "work_mem", "512kB"))
    assert judge(look("slow", settings=given, statements=statements(SORT))) == ()


def test_the_nearest_setting_of_a_role_counts() -> None:
    given = settings(("shop", None, "work_mem", "64kB"), (None, "web", "work_mem", "64MB"))
    assert judge(look("reports are slow", settings=given, statements=statements(SORT))) == ()


def test_without_a_statement_only_what_nobody_means_is_named_and_only_when_asked() -> None:
    assert the(judge(look("slow", settings=SMALL, statements=statements()))).confidence < 0.7
    assert judge(look(settings=SMALL, statements=statements())) == ()
    assert judge(look("slow", settings=settings((None, "web", "work_mem", "256MB")), statements=statements(SORT))) == ()


def test_nobody_complaining_a_statement_that_weighs_something_is_needed() -> None:
    assert the(judge(look(settings=SMALL, statements=statements(SORT))))
    little = statement("SELECT 1", calls=10, mean_ms=1, temp_written=30)
    assert judge(look(settings=SMALL, statements=statements(little))) == ()
