"""An index that takes every write and serves no statement."""

from __future__ import annotations

from fireline.assess.causes.invalid_index import cause
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, SLOW, index, look, statement

BROKEN = index(2, name="orders_email_idx", valid=False)


def test_the_index_that_a_slow_statement_needs_is_built_anew() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, BROKEN), said=SLOW))
    assert verdict.severity == "high"
    assert verdict.remedy.sql == ("REINDEX INDEX CONCURRENTLY public.orders_email_idx",)
    assert "indisvalid is false, indisready is true" in verdict.evidence[0].fact
    rejected = {one.cause: one.because for one in verdict.rejected}
    assert "orders_email_idx begins with" in rejected["missing_index"]
    assert rejected["failed_concurrent_index"] == "orders_email_idx is ready: it takes every write"


def test_without_a_slow_statement_it_is_housekeeping() -> None:
    (verdict,) = cause.judge(look(indexes=(PRIMARY, BROKEN)))
    assert verdict.severity == "low"


def test_what_a_rebuild_left_behind_is_taken_away() -> None:
    left = index(2, name="any_name", valid=False)
    (verdict,) = cause.judge(look(indexes=(PRIMARY, EMAIL, left)))
    assert verdict.remedy.sql == ("DROP INDEX CONCURRENTLY public.any_name",)
    assert any("orders_email_idx holds the same" in one.fact for one in verdict.evidence)


def test_a_unique_one_is_said_to_fail_again_while_rows_break_it() -> None:
    (verdict,) = cause.judge(look(indexes=(index(2, valid=False, unique=True),)))
    assert "find them first" in verdict.remedy.text


def test_one_that_is_built_now_is_left_alone() -> None:
    assert cause.judge(look(indexes=(index(2, valid=False, building=True),))) == ()


def test_a_half_built_one_and_valid_ones_are_not_its() -> None:
    assert cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, EMAIL, index(4, valid=False, ready=False)))) == ()


def test_that_of_a_partitioned_table_waits_for_its_parts() -> None:
    assert cause.judge(look(indexes=(index(2, valid=False, kind="I"),))) == ()
