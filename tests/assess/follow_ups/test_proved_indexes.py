"""What a look proves, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.follow_ups import proved_indexes
from fireline.assess.follow_ups.orphans import Orphans
from fireline.assess.follow_ups.proved_indexes import ProvedIndexes, blind, check, lying
from fireline.assess.index_proof import BtreeIndex, Proof
from fireline.assess.look import look
from fireline.assess.orphan_rows import Counted
from fireline.assess.snapshot import Asked
from fireline.postgres.connect import Target
from tests.assess.judging import NOTHING_SEEN, asking
from tests.assess.keyed import neglected, run


def seen(target: Target, asked: Asked) -> ProvedIndexes | None:
    return look(target, {"proved-indexes": check}, asked=asked).last("proved_indexes", ProvedIndexes)


def test_a_complaint_of_lost_rows_has_indexes_proved_and_the_named_one_first(target: Target) -> None:
    neglected(target, "orders_pkey", "INSERT INTO orders VALUES (500)")
    reading = seen(target, asking("a row of orders is missing"))
    assert reading is not None
    assert [one.index.name for one in reading.proofs] == ["public.orders_pkey", "public.accounts_pkey"]
    assert [one.index.name for one in reading.broken] == ["public.orders_pkey"]
    assert reading.amcheck == "the extension amcheck is not installed"


def test_a_unique_index_is_also_asked_for_keys_that_are_there_twice(target: Target) -> None:
    neglected(target, "orders_pkey", "INSERT INTO orders VALUES (7)", flag="indisunique")
    reading = seen(target, asking("duplicates"))
    assert reading is not None
    assert [one.twice for one in reading.twice] == [1]
    assert reading.broken == ()


def test_without_a_complaint_it_is_not_asked_but_when_an_index_was_seen_to_lie_it_is(target: Target) -> None:
    run(target, "SELECT 1")
    assert seen(target, Asked()) is None
    key = ForeignKey(1, "k", "public.t", "public.p", ("a",), ("id",), parent_index_oid=77)
    reading = Orphans((Counted(key, 0, lost=2), Counted(replace(key, parent_index_oid=78), 0)))
    assert lying(reading) == {77}
    assert check.wanted is not None
    assert check.wanted(replace(NOTHING_SEEN, readings={"orphans": (reading,)}))
    assert not check.wanted(NOTHING_SEEN)


def test_what_was_not_proved_is_told() -> None:
    index = BtreeIndex(1, "public.i", "public.t", ("a",))
    assert blind(ProvedIndexes((Proof(index, "whole"),))) is None
    assert (
        blind(ProvedIndexes((Proof(index, "unknown", because="x"),), left=2))
        == "could not prove 3 of 3 indexes, such as public.i: x"
    )
    assert blind(ProvedIndexes((Proof(index, "whole"),), left=2)) == "could not prove 2 of 3 indexes, for want of time"


def test_of_many_indexes_the_one_that_is_asked_about_is_proved_and_the_others_are_told(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    neglected(target, "orders_pkey", "INSERT INTO orders VALUES (500)")
    monkeypatch.setattr(proved_indexes, "_MOST_BRIEFLY", 1)
    reading = seen(target, asking("a row of Orders is missing"))
    assert reading is not None
    assert [one.index.name for one in reading.broken] == ["public.orders_pkey"]
    assert (len(reading.proofs), reading.left) == (1, 1)
    assert blind(reading) == "could not prove 1 of 2 indexes, for want of time"
