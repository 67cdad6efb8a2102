"""Constraints, sequences, and columns that go together: by what was read alone."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.resolve.upkeep.item import Terms
from fireline.resolve.upkeep.rows import constraints, loose, sequences, statistics

TERMS = Terms("2026-01-01T00:00:00+00:00", 8192, 180000, lambda folder: None, None, None)


def sequence(**changed: Any) -> dict[str, Any]:
    made = {
        "oid": 5, "name": "public.users_id_seq", "literal": "'public.users_id_seq'", "table": "public.users", "table_oid": 1,
        "column": "id", "most": 2147483647, "last": 10, "largest": 70, "allowed": True,
    }  # fmt: skip
    return {**made, **changed}


@pytest.mark.parametrize(
    "changed",
    [{"largest": 10}, {"largest": 3}, {"largest": None}, {"last": None}],
    ids=["even", "ahead", "empty", "unseen"],
)
def test_a_sequence_that_is_not_behind_is_left(changed: dict[str, Any]) -> None:
    found = sequences([sequence(**changed)], TERMS)
    assert (found.items, found.left_out) == ((), ())


def test_a_sequence_is_only_ever_raised() -> None:
    (item,) = sequences([sequence()], TERMS).items
    assert item.statement == (
        "SELECT setval('public.users_id_seq'::regclass, largest) FROM (SELECT max(id) AS largest FROM public.users) AS used"
        " WHERE largest > coalesce(pg_sequence_last_value('public.users_id_seq'::regclass), 0)"
    )


def test_a_sequence_that_ends_before_is_no_cure() -> None:
    (left,) = sequences([sequence(most=32767, largest=40000)], TERMS).left_out
    assert left.why == "it ends at 32767"


def test_a_constraint_of_another_owner_is_left_out() -> None:
    row = {
        "oid": 3, "name": "positive", "table": "public.orders", "table_oid": 1, "kind": "c", "pages": 1, "rows": 10,
        "says": "CHECK ((id > 0)) NOT VALID", "owned": False,
    }  # fmt: skip
    assert constraints([row], TERMS).left_out[0].what == "validate positive of public.orders"
    (item,) = constraints([{**row, "owned": True}], TERMS).items
    assert item.why == "its 10 rows were never checked: CHECK ((id > 0))"


@pytest.mark.parametrize(
    ("seen", "ones", "twos", "both", "said"),
    [
        (10_000, 50, 1000, 1000, True),  # a city and its postal code
        (10_000, 50, 100, 4900, False),  # nothing to do with each other
        (10_000, 10_000, 3, 10_000, False),  # a key beside anything
        (10_000, 1, 1000, 1000, False),  # a column of one value
        (0, 0, 0, 0, False),
    ],
)
def test_only_columns_that_a_sample_shows_to_go_together_are_spoken_of(
    seen: int, ones: int, twos: int, both: int, said: bool
) -> None:
    row = {
        "table": "public.t", "one": "a", "two": "b", "statistic": "public.t_a_b_both", "seen": seen, "ones": ones, "twos": twos,
        "both": both,
    }  # fmt: skip
    assert bool(statistics([row]).suggestions) is said


def test_a_rewrite_is_said_with_what_it_costs() -> None:
    (said,) = loose([{"name": "public.t", "pages": 131072, "needed": 13107}], 8192).suggestions
    assert "it takes 1.0 GB, its rows need about 102 MB; locks it wholly" in said.why
