"""Of all that could be done, what was asked for."""

from __future__ import annotations

import pytest

from fireline.resolve.upkeep.item import Chosen, Item, Kind, LeftOut, Suggestion
from fireline.resolve.upkeep.narrow import MOST, Asked, narrow


def item(kind: Kind, table: str = "public.orders", name: str | None = None) -> Item:
    return Item(
        kind=kind, object=name or table, oid=1, table=table, table_oid=1, what=f"{kind} {name or table}", why="", gain="",
        lock="", statement="", planned_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def test_the_quick_and_harmless_comes_first() -> None:
    every: tuple[Kind, ...] = ("validate", "reindex", "freeze", "vacuum", "drop", "analyze")
    chosen = narrow(Chosen(tuple(item(kind) for kind in every)), Asked())
    assert [one.kind for one in chosen.items] == ["analyze", "drop", "vacuum", "freeze", "reindex", "validate"]


def test_what_a_rebuild_left_belongs_to_rebuilding() -> None:
    chosen = narrow(Chosen((item("drop"), item("analyze"))), Asked(only=["reindex"]))
    assert [one.kind for one in chosen.items] == ["drop"]


@pytest.mark.parametrize(
    ("said", "table"),
    [
        ("orders", "public.orders"),
        ("public.orders", "public.orders"),
        ("Odd Name", 'public."Odd Name"'),
        ('public."Odd Name"', 'public."Odd Name"'),
    ],
)
def test_a_table_is_meant_with_or_without_schema_and_quotes(said: str, table: str) -> None:
    found = Chosen((item("analyze", table), item("analyze", "public.others")))
    assert [one.table for one in narrow(found, Asked(tables=[said])).items] == [table]
    assert [one.table for one in narrow(found, Asked(skip=[said])).items] == ["public.others"]


def test_an_index_can_be_left_out_by_its_name() -> None:
    found = Chosen((item("reindex", name="public.orders_n"), item("reindex", name="public.orders_m")))
    assert [one.object for one in narrow(found, Asked(skip=["orders_n"])).items] == ["public.orders_m"]


def test_what_is_left_out_is_narrowed_too_and_nothing_is_suggested_to_who_asked_for_something() -> None:
    left = LeftOut("vacuum", "public.orders", "public.orders", "vacuum public.orders", "held")
    found = Chosen(left_out=(left,), suggestions=(Suggestion("drop it", "unused", "DROP"),))
    assert narrow(found, Asked()).suggestions
    assert narrow(found, Asked(only=["analyze"])) == Chosen()
    assert narrow(found, Asked(tables=["orders"])) == Chosen(left_out=(left,))


def test_a_plan_is_not_endless_and_says_what_comes_later() -> None:
    found = Chosen(tuple(item("analyze", f"public.t{number}") for number in range(MOST + 3)))
    chosen = narrow(found, Asked())
    assert len(chosen.items) == MOST
    assert [one.what for one in chosen.left_out] == ["3 more, such as analyze public.t100"]
