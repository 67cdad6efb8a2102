"""Tables that grew or shrank much, the largest change first."""

from __future__ import annotations

from typing import Any

from fireline.contain.growth import growth


def state(**tables: dict[str, Any]) -> dict[str, Any]:
    return {"sizes": {"tables": tables}, "database_sizes": {"app": {"bytes": sum(t["bytes"] for t in tables.values())}}}


def test_only_much_is_told_and_the_largest_first() -> None:
    before = state(
        orders={"bytes": 10 * 2**20, "index_bytes": 2**20, "live": 50_000},
        log={"bytes": 2**30, "live": 9_000_000},
        small={"bytes": 8192, "live": 3},
        gone={"bytes": 0, "live": 0},
    )
    after = state(
        orders={"bytes": 20 * 2**20, "index_bytes": 2**20, "live": 90_000},
        log={"bytes": 2**30 + 2**22, "live": 9_000_900},
        small={"bytes": 16384, "live": 900},
        fresh={"bytes": 2**30, "live": 1},
    )
    assert list(growth(before, after)) == [
        "database app: 2.0 GB, 1.0 GB before",
        "table orders: 21.0 MB, 11.0 MB before; about 90,000 rows, 50,000 before",
    ]


def test_many_are_cut_and_counted() -> None:
    before = {"sizes": {"tables": {f"t{n}": {"bytes": 0} for n in range(14)}}}
    after = {"sizes": {"tables": {f"t{n}": {"bytes": 2**22} for n in range(14)}}}
    lines = list(growth(before, after))
    assert (len(lines), lines[-1]) == (11, "… and 4 more tables")


def test_a_part_that_was_not_read_has_not_shrunk() -> None:
    assert list(growth(state(t={"bytes": 2**30, "live": 5}), {})) == []
