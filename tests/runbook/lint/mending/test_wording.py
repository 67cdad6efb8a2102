"""A word is only replaced where it stands."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.mending.wording import quoted, replaced
from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.sql.places import Place


def test_a_word_becomes_another_in_its_line() -> None:
    assert replaced(["", "  a OLD b"], Place(2, 5), "old", "new") == (Edit(2, 2, "  a new b"),)


def test_a_word_that_is_not_there_is_not_replaced() -> None:
    assert replaced(["a b"], Place(1, 1), "x", "y") == ()
    assert replaced(["a b"], Place(9, 1), "a", "y") == ()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("orders", "orders"),
        ("ops.jobs", "ops.jobs"),
        ("User", '"User"'),
        ("app.order", 'app."order"'),
        ("a b", '"a b"'),
    ],
)
def test_a_name_stands_in_quotes_where_sql_would_not_take_it_without(name: str, written: str) -> None:
    assert quoted(name) == written
