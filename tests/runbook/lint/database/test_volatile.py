"""A SELECT of a function that changes something is no read."""

from __future__ import annotations

import pytest
from postgast import parse, unwrap_node

from fireline.runbook.lint.database.inquiry import Inquiry
from fireline.runbook.lint.database.volatile import writes
from fireline.runbook.lint.sql.mentions import mentions


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT clean()", "clean() is volatile, and its text says DELETE"),
        ("SELECT outer_one()", "outer_one() is volatile, and calls clean(): its text says DELETE"),
        ("SELECT freshen('users')", "freshen() is volatile, and its text says EXECUTE 'ANALYZE …'"),
        ("SELECT looks()", None),
        ("SELECT steady()", None),
        ("SELECT now(), pg_terminate_backend(1)", None),  # not the team's own: others tell of it
        ("SELECT clean(1)", None),  # no such function
        ("SELECT nope()", None),
    ],
)
def test_it_is_told_by_the_text_of_the_function_and_of_those_that_it_calls(
    catalog: Inquiry, sql: str, why: str | None
) -> None:
    assert writes(catalog, mentions(unwrap_node(parse(sql).stmts[0].stmt))) == why
