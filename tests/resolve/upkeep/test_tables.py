"""Which tables want work: by the numbers alone."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.resolve.upkeep.item import Terms
from fireline.resolve.upkeep.tables import choose

TERMS = Terms("2026-01-01T00:00:00+00:00", 8192, 180000, lambda folder: None, None, None)
HELD = Terms("2026-01-01T00:00:00+00:00", 8192, 180000, lambda folder: None, "session 7 (report) keeps them", None)


def row(**changed: Any) -> dict[str, Any]:
    made = {
        "oid": 1, "name": "public.orders", "kind": "r", "of_system": False, "pages": 100, "rows": 1000, "dead": 0, "changed": 0,
        "inserted": 0, "age": 10, "multi_age": 0, "vacuum_trigger": 250.0, "insert_trigger": 1200.0, "analyze_trigger": 150.0,
        "freeze_most": 200e6, "multi_most": 400e6, "allowed": True, "much_dead": False, "much_new": False,
        "much_changed": False, "old": False, "unknown": False,
    }  # fmt: skip
    return {**made, **changed}


def kinds(found: Any) -> list[str]:
    return [item.kind for item in found.items]


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ({"much_dead": True, "dead": 900, "much_changed": True}, ["vacuum"]),
        ({"much_new": True, "unknown": True}, ["vacuum"]),
        ({"much_changed": True}, ["analyze"]),
        ({"old": True, "age": 190_000_000, "much_changed": True}, ["freeze", "analyze"]),
        ({}, []),
    ],
)
def test_a_table_is_not_read_twice_where_once_will_do(said: dict[str, Any], done: list[str]) -> None:
    assert kinds(choose([row(**said)], TERMS)) == done


def test_who_keeps_the_dead_rows_is_named_and_what_does_not_need_them_is_done() -> None:
    rows = [
        row(much_dead=True, dead=900, much_changed=True),
        row(much_new=True, inserted=5000),
        row(old=True, age=190_000_000),
    ]
    found = choose(rows, HELD)
    assert kinds(found) == ["analyze", "vacuum"]
    assert [left.kind for left in found.left_out] == ["vacuum", "freeze"]
    assert all("session 7 (report) keeps them" in left.why for left in found.left_out)


def test_the_older_of_both_ages_is_told() -> None:
    (item,) = choose([row(old=True, age=10, multi_age=390_000_000)], TERMS).items
    assert item.why.startswith("its oldest row is 390,000,000 multixacts old; at 400,000,000 ")


def test_tables_of_the_system_that_we_may_not_tend_are_not_spoken_of() -> None:
    found = choose([row(allowed=False, of_system=True, old=True), row(allowed=False, old=True)], TERMS)
    assert found.items == ()
    assert [left.why.partition(":")[0] for left in found.left_out] == ["our role may not"]
