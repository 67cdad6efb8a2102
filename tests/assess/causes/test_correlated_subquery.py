"""A subquery carried out for every row."""

from __future__ import annotations

import pytest

from fireline.assess.causes.correlated_subquery import cause
from tests.assess.slow_shop import PRIMARY, SLOW, index, look, statement

REPORT = (
    "SELECT c.name, (SELECT sum(o.id) FROM orders o WHERE o.customer_id = c.id) FROM customers c ORDER BY 2 LIMIT $1"
)
LED = index(3, name="orders_customer_id_idx", classes=("int4_ops",))


def test_it_is_named_and_to_be_written_anew_though_an_index_serves_each_time() -> None:
    (verdict,) = cause.judge(look(statement(REPORT, blocks=20_000, rows=10, ms=90), indexes=(PRIMARY, LED)))
    assert verdict.title == "A statement asks orders anew for every row it goes through."
    assert "JOIN" in verdict.remedy.text
    assert len(verdict.remedy.sql) == 1
    assert "pg_stat_statements_reset" in verdict.remedy.sql[0]
    assert {"missing_index", "n_plus_one"} <= {one.cause for one in verdict.rejected}


def test_without_an_index_one_is_the_relief() -> None:
    (verdict,) = cause.judge(look(statement(REPORT, blocks=5_000_000, rows=10, ms=9000), indexes=(PRIMARY,), said=SLOW))
    assert verdict.remedy.sql[0] == "CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id)"
    assert verdict.severity == "high"


def test_one_in_a_condition_counts_too() -> None:
    text = (
        "SELECT * FROM orders a WHERE a.made = (SELECT max(b.made) FROM orders b WHERE b.customer_id = a.customer_id)"
    )
    assert cause.judge(look(statement(text, blocks=90_000, rows=50), indexes=(PRIMARY, LED)))


@pytest.mark.parametrize(
    "quiet",
    [
        statement(REPORT, blocks=900, rows=10),
        statement(
            "SELECT c.name, sum(o.id) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1", blocks=90_000
        ),
        statement(
            "SELECT * FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)", blocks=90_000
        ),
        statement("SELECT * FROM orders WHERE made = (SELECT max(made) FROM orders)", blocks=90_000),
        statement(REPORT, blocks=20_000, calls=1),
    ],
    ids=["few blocks", "a join", "exists", "not tied", "once"],
)
def test_it_is_silent_where_that_is_not_so(quiet: object) -> None:
    assert cause.judge(look(quiet, indexes=(PRIMARY, LED))) == ()  # type: ignore[arg-type]
