"""Half an index, left by a build that did not end."""

from __future__ import annotations

from fireline.assess.causes.failed_concurrent_index import cause
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, SLOW, index, look, statement

HALF = index(2, name="orders_email_idx", valid=False, ready=False)


def test_it_is_named_with_its_evidence_and_built_anew() -> None:
    (verdict,) = cause.judge(look(statement(BY_EMAIL), indexes=(PRIMARY, HALF), said=SLOW))
    assert verdict.title == (
        "The index public.orders_email_idx is only half built: CREATE INDEX CONCURRENTLY failed or was broken off."
    )
    assert verdict.remedy.sql == ("REINDEX INDEX CONCURRENTLY public.orders_email_idx",)
    assert {"invalid_index", "missing_index"} <= {one.cause for one in verdict.rejected}


def test_a_unique_one_is_taken_away_as_it_would_fail_again() -> None:
    (verdict,) = cause.judge(look(indexes=(index(2, valid=False, ready=False, unique=True),)))
    assert verdict.remedy.sql == ("DROP INDEX CONCURRENTLY public.orders_idx",)


def test_one_that_was_half_dropped_is_dropped() -> None:
    (verdict,) = cause.judge(look(indexes=(index(2, valid=False, live=False),)))
    assert verdict.remedy.sql[0].startswith("DROP INDEX CONCURRENTLY")


def test_one_that_is_built_now_is_left_alone() -> None:
    assert cause.judge(look(indexes=(index(2, valid=False, ready=False, building=True),), said=SLOW)) == ()


def test_one_that_is_ready_is_another_matter() -> None:
    assert cause.judge(look(indexes=(EMAIL, index(4, valid=False)))) == ()
