"""A statement for each row of a list."""

from __future__ import annotations

from fireline.assess.causes.n_plus_one import judge
from tests.assess.given import look, statement, statements, tables
from tests.assess.refusals import facts, the

LIST = statement(
    "SELECT id, customer_id FROM orders WHERE state = $1 ORDER BY id LIMIT $2", calls=40, mean_ms=0.4, rows=2000
)
EACH = statement("SELECT name FROM customers WHERE id = $1", calls=2000, mean_ms=0.02, rows=2000, shared_hit=6000)


def test_the_list_and_the_lookup_for_each_of_its_rows_are_named() -> None:
    found = the(
        judge(look("the page takes 4 s and no query is slow", statements=statements(LIST, EACH), tables=tables()))
    )
    assert found.severity == "high"
    assert "2,000 calls" in facts(found)
    assert "50 each time" in facts(found)
    assert "missing_index" in {one.cause for one in found.rejected}
    assert "calls >= 200" in found.probe.sql


def test_two_lookups_for_each_row_are_one_trouble() -> None:
    items = statement("SELECT * FROM items WHERE order_id = $1", calls=2000, mean_ms=0.03, rows=6000)
    found = the(judge(look("slow", statements=statements(LIST, EACH, items), tables=tables())))
    assert len(found.objects) == 3


def test_a_busy_lookup_that_follows_no_list_is_ordinary_traffic() -> None:
    sessions = statement("SELECT * FROM sessions WHERE token = $1", calls=90_000, mean_ms=0.05, rows=90_000)
    assert judge(look("slow", statements=statements(LIST, sessions), tables=tables())) == ()


def test_a_list_of_another_role_a_slow_lookup_and_the_same_table_are_silent() -> None:
    other = statement("SELECT name FROM customers WHERE id = $1", user="batch", calls=2000, mean_ms=0.02)
    slow = statement("SELECT name FROM customers WHERE id = $1", calls=2000, mean_ms=20)
    same = statement("SELECT n FROM orders WHERE id = $1", calls=2000, mean_ms=0.02)
    for one in (other, slow, same):
        assert judge(look("slow", statements=statements(LIST, one), tables=tables())) == ()


def test_nobody_complaining_it_must_be_many_and_most_of_all_calls() -> None:
    assert the(judge(look(statements=statements(LIST, EACH), tables=tables()))).severity == "medium"
    crowd = statement("SELECT 1", calls=100_000, mean_ms=0.1)
    assert judge(look(statements=statements(LIST, EACH, crowd), tables=tables())) == ()
