"""A column is searched by patterns that no index serves."""

from __future__ import annotations

import pytest

from fireline.assess.causes.pattern_index_missing import cause
from tests.assess.slow_shop import BY_EMAIL, EMAIL, PRIMARY, SLOW, index, look, running, statement

SEARCH = "SELECT * FROM orders WHERE email ILIKE $1"


@pytest.mark.parametrize("indexes", [(PRIMARY,), (PRIMARY, EMAIL)], ids=["no index", "an ordinary one"])
def test_it_gets_an_index_of_trigrams(indexes: tuple[object, ...]) -> None:
    (verdict,) = cause.judge(look(statement(SEARCH), indexes=indexes))  # type: ignore[arg-type]
    assert verdict.remedy.sql[0] == "CREATE EXTENSION IF NOT EXISTS pg_trgm"
    assert verdict.remedy.sql[1].endswith("ON public.orders USING gin ((email) gin_trgm_ops)")
    assert "ILIKE" in verdict.evidence[1].fact
    assert "missing_index" in {one.cause for one in verdict.rejected}


def test_a_pattern_that_is_known_to_begin_with_letters_gets_an_index_by_letters() -> None:
    busy = running("SELECT * FROM orders WHERE email LIKE 'abc%'")
    (verdict,) = cause.judge(look(indexes=(PRIMARY, EMAIL), sessions=(busy,), said=SLOW))
    assert verdict.remedy.sql[0].endswith("(email text_pattern_ops)")


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        (SEARCH, (index(2, name="trgm", method="gin", classes=("gin_trgm_ops",)),)),
        (BY_EMAIL, (PRIMARY,)),
        ("SELECT * FROM orders WHERE id = $1 AND email LIKE $2", (PRIMARY,)),
    ],
    ids=["trigrams", "no pattern", "another index serves"],
)
def test_it_is_silent_where_that_is_not_so(text: str, indexes: tuple[object, ...]) -> None:
    assert cause.judge(look(statement(text), indexes=indexes)) == ()  # type: ignore[arg-type]


def test_a_search_that_finds_much_is_no_fault() -> None:
    assert cause.judge(look(statement(SEARCH, rows=20_000))) == ()
