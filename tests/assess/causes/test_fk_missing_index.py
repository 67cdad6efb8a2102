"""A delete of a parent's row reads through the whole child."""

from __future__ import annotations

import pytest

from fireline.assess.causes.fk_missing_index import cause
from tests.assess.slow_shop import PRIMARY, index, key, look, running, statement

DELETE = "DELETE FROM customers WHERE id = $1"
LED = index(1, name="customers_pkey", table=20_002)


def test_it_is_named_with_its_evidence_and_gets_an_index() -> None:
    (verdict,) = cause.judge(look(statement(DELETE, blocks=1010), keys=(key(),), indexes=(PRIMARY, LED)))
    assert verdict.objects == ("public.orders (customer_id)",)
    assert verdict.remedy.sql == ("CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id)",)
    assert any("orders_customer_id_fkey" in one.fact for one in verdict.evidence)
    assert {"missing_index", "idle_in_tx_row_lock"} <= {one.cause for one in verdict.rejected}


def test_changing_the_key_is_the_same_and_changing_another_column_is_not() -> None:
    assert cause.judge(look(statement("UPDATE customers SET id = $1 WHERE id = $2"), keys=(key(),)))
    assert cause.judge(look(statement("UPDATE customers SET name = $1 WHERE id = $2"), keys=(key(),))) == ()


def test_a_delete_that_still_runs_counts_when_somebody_complains() -> None:
    busy = running("DELETE FROM customers WHERE id = 7")
    assert cause.judge(look(sessions=(busy,), keys=(key(),), said="deletes take ages"))


@pytest.mark.parametrize(
    ("text", "blocks", "more"),
    [
        (DELETE, 1010, {"child_index": "public.orders_customer_id_idx"}),
        (DELETE, 12, {}),
        (DELETE, 1010, {"enforced": False}),
        ("DELETE FROM orders WHERE id = $1", 1010, {}),
        ("SELECT * FROM customers WHERE id = $1", 1010, {}),
    ],
    ids=["indexed", "few blocks", "not enforced", "of the child", "a read"],
)
def test_it_is_silent_where_that_is_not_so(text: str, blocks: int, more: dict[str, object]) -> None:
    assert cause.judge(look(statement(text, blocks=blocks), keys=(key(**more),))) == ()


def test_a_key_without_an_index_alone_is_no_fault() -> None:
    assert cause.judge(look(keys=(key(),), said="the page is slow")) == ()
