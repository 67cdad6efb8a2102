"""Which indexes want rebuilding: by what was read of them alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fireline.resolve.upkeep.indexes import choose, suggest
from fireline.resolve.upkeep.item import Terms

GB = 2**30
TERMS = Terms("2026-01-01T00:00:00+00:00", 8192, 180000, lambda folder: 100 * GB, None, None)


def row(**changed: Any) -> dict[str, Any]:
    made = {
        "oid": 9, "name": "public.orders_n", "table": "public.orders", "table_oid": 1, "valid": True, "uniq": False,
        "of_rebuild": False, "pages": 400_000, "needed": 100_000, "table_pages": 500_000, "method": "btree", "twin": None,
        "twin_valid": None, "owned": True, "maintained": False, "folder": "", "busy": None,
    }  # fmt: skip
    return {**made, **changed}


def test_a_large_one_needs_twice_its_size_on_the_disk() -> None:
    (item,) = choose([row()], TERMS).items
    assert item.need == 2 * 400_000 * 8192
    assert item.disk == "up to 6.1 GB, 100 GB free"


def why(found: Any) -> str:
    (left,) = found.left_out
    assert found.items == ()
    text: str = left.why
    return text


def test_without_room_or_where_nobody_can_see_it_is_left_out() -> None:
    assert "only 5.0 GB are free" in why(choose([row()], replace(TERMS, free=lambda folder: 5 * GB)))
    assert "say --disk-free 50GB" in why(choose([row()], replace(TERMS, free=lambda folder: None)))
    small = row(pages=5000, needed=1000, table_pages=5000)
    assert len(choose([small], replace(TERMS, free=lambda folder: None)).items) == 1


def test_the_size_of_an_invalid_one_is_that_of_what_it_will_be() -> None:
    (item,) = choose([row(valid=False, pages=0)], TERMS).items
    assert item.need == 2 * 100_000 * 8192
    (unknown,) = choose([row(valid=False, pages=0, needed=None, method="gin")], TERMS).items
    assert unknown.need == 2 * 500_000 * 8192


def test_an_open_transaction_is_waited_for_by_nobody() -> None:
    assert "session 7 has a transaction open, and rebuilding" in why(
        choose([row()], replace(TERMS, waits_for="session 7 has a transaction open"))
    )


@pytest.mark.parametrize(("version", "done"), [(140003, 0), (140004, 1), (130009, 1)])
def test_releases_that_corrupt_what_they_rebuild_are_spared(version: int, done: int) -> None:
    assert len(choose([row()], replace(TERMS, version=version)).items) == done


def test_what_a_rebuild_left_goes_before_the_rest_and_a_needless_invalid_one_is_a_persons_to_drop() -> None:
    left = row(name="public.orders_n_ccnew", valid=False, of_rebuild=True, twin="public.orders_n", twin_valid=False)
    twice = row(name="public.again", valid=False, twin="public.orders_n", twin_valid=True)
    found = choose([row(), left, twice], TERMS)
    assert [item.statement for item in found.items] == [
        "DROP INDEX CONCURRENTLY public.orders_n_ccnew",
        "REINDEX INDEX CONCURRENTLY public.orders_n",
    ]
    assert [said.statement for said in found.suggestions] == ["DROP INDEX CONCURRENTLY public.again"]


def test_an_index_whose_name_only_looks_like_a_leftover_is_rebuilt() -> None:
    (item,) = choose([row(name="public.my_ccnew", valid=False, of_rebuild=True, twin=None)], TERMS).items
    assert item.statement == "REINDEX INDEX CONCURRENTLY public.my_ccnew"


def test_unused_is_said_only_when_the_counters_are_old_enough_and_not_twice() -> None:
    young, old = (
        {"seconds": 3600.0, "name": "public.a", "pages": 9000},
        {"seconds": 9e6, "name": "public.b", "pages": 9000},
    )
    double = {"name": "public.b", "kept": "public.c", "pages": 9000, "scans": 0}
    assert [said.what for said in suggest([double], [young, old], 8192).suggestions] == ["drop public.b"]
    assert "104 days" in suggest([], [young, old], 8192).suggestions[0].why
