"""The swap: both renames or neither, everything that stands on the database carried over exactly, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fireline.resolve.remedies import swap as shelf
from fireline.run.remedy import Plan
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.scene import Scene, scene
from tests.servers import PATIENTS


@pytest.fixture(params=PATIENTS)
def shop(request: pytest.FixtureRequest, store: Store) -> Iterator[Scene]:
    """A database in use and a restored one, on each version."""
    with scene(store, request.getfixturevalue(request.param)) as made:
        yield made


@pytest.fixture
def one(store: Store, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The same on one version, for what no version does otherwise."""
    with scene(store, request.getfixturevalue(PATIENTS[0])) as made:
        yield made


def planned(shop: Scene, **given: Any) -> Plan:
    """The plan, as it comes back from the store."""
    plan = shelf.remedy.plan(shop.target, shelf.Swap(restore="latest", **given), hand(shop.store))
    return Plan(plan.summary, plan.effect, plan.undo, plan.level, json.loads(json.dumps(plan.captured)))


def test_the_restored_database_takes_the_place_with_all_that_stood_on_the_one_before(shop: Scene) -> None:
    before, side = shop.there(shop.live), shop.there(shop.side)
    plan = planned(shop)
    assert shop.there(shop.side) == side, "the rehearsal left something"
    done = shelf.remedy.do(shop.target, plan, hand(shop.store))
    assert done.ok, done.summary
    now = shop.there(shop.live)
    assert now.oid == side.oid
    assert now == before.but(oid=side.oid)
    assert shop.orders() == list(range(1, 8))
    assert shop.standing(shop.side) is None
    kept = shop.there(done.facts["kept"])
    assert (kept.oid, kept.limit, kept.allows) == (before.oid, 0, False)
    assert kept.acl == before.acl
    assert kept.settings == before.settings
    assert kept.comment is not None
    assert shop.token in kept.comment
    assert shop.live in kept.comment
    assert shelf.remedy.verify(shop.target, plan, hand(shop.store)).ok is True
    row = shop.row()
    assert (row["state"], row["kept"]) == ("swapped", kept.name)
    assert row["keep_until"] - row["swapped_at"] > timedelta(days=6)
    assert shop.orders(kept.name) == list(range(1, 11))


def test_the_undo_brings_the_database_from_before_back_exactly_and_twice_is_harmless(shop: Scene) -> None:
    before, side = shop.there(shop.live), shop.there(shop.side)
    plan = planned(shop)
    shelf.remedy.do(shop.target, plan, hand(shop.store))
    with psycopg.connect(shop.app_dsn(), autocommit=True) as conn:
        conn.execute("INSERT INTO orders VALUES (100, 'after the swap')")
    assert shelf.remedy.undo is not None
    undone = shelf.remedy.undo(shop.target, plan, hand(shop.store))
    assert undone.ok
    assert shop.side in undone.summary
    assert shop.there(shop.live) == before
    assert shop.there(shop.side) == side
    assert shop.orders() == list(range(1, 11))
    assert shop.orders(shop.side) == [*range(1, 8), 100]
    row = shop.row()
    assert (row["state"], row["kept"], row["swapped_at"], row["keep_until"]) == ("passed", None, None, None)
    again = shelf.remedy.undo(shop.target, plan, hand(shop.store))
    assert again.ok
    assert "already" in again.summary
    assert shelf.remedy.verify(shop.target, plan, hand(shop.store)).ok is False
    assert shelf.remedy.do(shop.target, planned(shop), hand(shop.store)).ok, "it can be swapped again"
