"""Dropping what a restore made: only what is provably ours, the replaced database only in its time, and then no way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from fireline import clock
from fireline.errors import Refused
from fireline.resolve.remedies import drop_restored as shelf
from fireline.resolve.remedies import swap
from fireline.resolve.swapping import Swap
from fireline.run.remedy import Plan
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import Scene, scene
from tests.servers import PATIENTS


@pytest.fixture
def shop(request: pytest.FixtureRequest, store: Store) -> Iterator[Scene]:
    with scene(store, request.getfixturevalue(PATIENTS[0])) as made:
        yield made


def stored(plan: Plan) -> Plan:
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def planned(shop: Scene, **given: Any) -> Plan:
    return stored(
        shelf.remedy.plan(shop.target, shelf.DropRestored(restore=str(shop.restore), **given), hand(shop.store))
    )


def swapped(shop: Scene) -> tuple[Plan, str]:
    """Swapped already: the plan of it, and the name of the replaced database."""
    plan = stored(swap.remedy.plan(shop.target, Swap(restore=str(shop.restore)), hand(shop.store)))
    return plan, str(swap.remedy.do(shop.target, plan, hand(shop.store)).facts["kept"])


def test_a_restored_database_that_stands_beside_is_dropped_whoever_looks_at_it(shop: Scene) -> None:
    plan = planned(shop)
    assert plan.level == "destructive"
    assert shelf.remedy.verify(shop.target, plan, hand(shop.store)).ok is False
    with psycopg.connect(shop.url, dbname=shop.side):
        assert shelf.remedy.do(shop.target, plan, hand(shop.store)).ok
    assert shop.standing(shop.side) is None
    assert shelf.remedy.verify(shop.target, plan, hand(shop.store)).ok is True
    assert shop.row()["state"] == "dropped"
    assert shop.orders() == list(range(1, 11))
    with pytest.raises(Refused, match="nothing that could be dropped"):
        planned(shop)


def test_the_replaced_database_is_dropped_in_its_time_or_now_and_then_there_is_no_way_back(shop: Scene) -> None:
    way, kept = swapped(shop)
    with pytest.raises(Refused, match="is to be kept until"):
        planned(shop)
    with clock.moved(timedelta(days=8)):
        assert planned(shop).captured["name"] == kept
    plan = planned(shop, now=True)
    assert "no way back" in plan.effect
    assert shelf.remedy.do(shop.target, plan, hand(shop.store)).ok
    assert shop.standing(kept) is None
    assert (shop.row()["state"], shop.row()["kept"]) == ("swapped", None)
    assert shop.orders() == list(range(1, 8))
    assert swap.remedy.undo is not None
    with pytest.raises(Refused, match="is not there any more: it was dropped at"):
        swap.remedy.undo(shop.target, way, hand(shop.store))
    assert shop.orders() == list(range(1, 8))
    with pytest.raises(Refused, match="was dropped before"):
        planned(shop, now=True)


@pytest.mark.parametrize("replaced", [False, True])
def test_what_does_not_bear_our_token_is_never_dropped(shop: Scene, replaced: bool) -> None:
    name = swapped(shop)[1] if replaced else shop.side
    plan = planned(shop, now=True)
    shop.outside(sql.SQL("COMMENT ON DATABASE {} IS 'ours now'").format(sql.Identifier(name)))
    for act in (lambda: planned(shop, now=True), lambda: shelf.remedy.do(shop.target, plan, hand(shop.store))):
        with pytest.raises(Refused, match="does not hold our token"):
            act()
    assert shop.standing(name) is not None


def test_another_database_with_the_name_and_the_token_is_not_the_approved_one(shop: Scene) -> None:
    plan, name = planned(shop), sql.Identifier(shop.side)
    shop.outside(sql.SQL("DROP DATABASE {}").format(name))
    shop.outside(sql.SQL("CREATE DATABASE {}").format(name))
    shop.outside(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(f"fireline restore {shop.token}")))
    with pytest.raises(Refused, match="another database than the one that was approved"):
        shelf.remedy.do(shop.target, plan, hand(shop.store))
    assert shop.standing(shop.side) is not None


def test_what_was_swapped_after_the_plan_is_not_dropped(shop: Scene) -> None:
    plan = planned(shop)
    _, kept = swapped(shop)
    with pytest.raises(Refused, match="is swapped now"):
        shelf.remedy.do(shop.target, plan, hand(shop.store))
    assert shop.standing(kept) is not None
    assert shop.orders() == list(range(1, 8))
