"""A statement hides the column from its index."""

from __future__ import annotations

import pytest

from fireline.assess.causes.non_sargable_predicate import cause
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, index, look, override, running, statement

MADE = index(5, name="orders_made_idx", classes=("timestamptz_ops",), collations=("",))


def test_an_expression_that_can_be_indexed_gets_an_index() -> None:
    (verdict,) = cause.judge(
        look(statement("SELECT * FROM orders o WHERE lower(o.email) = $1"), indexes=(PRIMARY, EMAIL))
    )
    assert (
        verdict.title
        == "Statements compare lower(email) instead of public.orders.email, which its index can not serve."
    )
    assert verdict.remedy.sql == ("CREATE INDEX CONCURRENTLY orders_email_expr_idx ON public.orders ((lower(email)))",)
    assert "indexprs" in verdict.probe.sql
    assert {"missing_index", "invalid_index", "planner_guc_disabled", "stale_statistics"} <= {
        one.cause for one in verdict.rejected
    }


@pytest.mark.parametrize(
    "text", ["made::date = $1", "date(made) = $1", "date_trunc($1, made) = $2", "to_char(made, $1) = $2"]
)
def test_one_that_can_not_is_to_be_written_anew_and_then_forgotten(text: str) -> None:
    (verdict,) = cause.judge(look(statement(f"SELECT * FROM orders WHERE {text}"), indexes=(PRIMARY, MADE)))
    assert "made >= the first moment" in verdict.remedy.text
    assert "pg_stat_statements_reset(16400, 16384" in verdict.remedy.sql[0]
    assert verdict.probe.expect == "rows = 0"


def test_constants_in_the_expression_come_from_a_session_that_ran_it() -> None:
    asked = statement("SELECT * FROM orders WHERE substr(email, $1, $2) = $3")
    ran = running("SELECT * FROM orders WHERE substr(email, 1, 3) = 'abc'", seconds=0, state="idle")
    (verdict,) = cause.judge(look(asked, indexes=(PRIMARY, EMAIL), sessions=(ran,)))
    assert "((substr(email, 1, 3)))" in verdict.remedy.sql[0]
    (verdict,) = cause.judge(look(asked, indexes=(PRIMARY, EMAIL)))
    assert "LIKE" in verdict.remedy.text


def test_a_value_of_a_wider_type_hides_a_number_too() -> None:
    (verdict,) = cause.judge(look(statement("SELECT * FROM orders WHERE id = $1::numeric")))
    assert "id::numeric" in verdict.title


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        (BY_EMAIL, (PRIMARY, EMAIL)),
        ("SELECT * FROM orders WHERE lower(email) = $1", (PRIMARY,)),
        ("SELECT * FROM orders WHERE lower(email) = $1", (PRIMARY, EMAIL, index(0, name="l", expression_columns=frozenset({2}), expression_calls=frozenset({"lower"})))),
        ("SELECT * FROM orders WHERE lower(email) = $1", (PRIMARY, index(2, valid=False))),
        ("SELECT * FROM orders WHERE email::varchar = $1", (PRIMARY, EMAIL)),
        ("SELECT * FROM orders WHERE id = $1 AND lower(email) = $2", (PRIMARY, EMAIL)),
    ],
    ids=["as it is", "no index", "expression index", "invalid", "a cast that changes nothing", "another index serves"],
)  # fmt: skip
def test_the_fact_of_a_twin_makes_it_silent(text: str, indexes: tuple[object, ...]) -> None:
    assert cause.judge(look(statement(text), indexes=indexes)) == ()  # type: ignore[arg-type]


def test_a_few_blocks_are_no_harm() -> None:
    assert (
        cause.judge(look(statement("SELECT * FROM orders WHERE lower(email) = $1", blocks=4), indexes=(EMAIL,))) == ()
    )


def test_a_setting_that_forbids_indexes_is_not_why_when_the_column_is_hidden() -> None:
    snapshot = look(
        statement("SELECT * FROM orders WHERE lower(email) = $1"),
        indexes=(PRIMARY, EMAIL),
        settings=override("enable_indexscan", "off"),
    )
    assert [one.cause for one in cause.judge(snapshot)] == ["non_sargable_predicate"]
