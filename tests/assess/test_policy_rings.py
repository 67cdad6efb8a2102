"""Tables whose policies lead back to themselves, whatever the way."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks.policies import Policy, Relation
from fireline.assess.policy_rings import recursive
from tests.assess.secured import OWN_ROWS, policies, table


def reading(oid: int, *reads: int) -> Relation:
    """A table whose one policy reads these."""
    return table(oid=oid, name=f"t{oid}", policies=(replace(OWN_ROWS, reads=reads),))


def found(*relations: Relation) -> list[int]:
    return sorted(one.relation.oid for one in recursive(policies(*relations)))


def test_only_the_tables_that_are_read_again_are_named_not_those_that_lead_there() -> None:
    assert found(reading(1, 2), reading(2, 3), reading(3, 2), reading(4, 1, 5)) == [2, 3]
    assert found(reading(1, 1), reading(2, 1)) == [1]


def test_two_rings_that_share_a_table_and_two_that_are_apart_are_all_named() -> None:
    assert found(reading(1, 2), reading(2, 1, 3), reading(3, 2)) == [1, 2, 3]
    assert found(reading(1, 2), reading(2, 1, 3), reading(3, 4), reading(4, 3)) == [1, 2, 3, 4]


def test_tables_without_a_ring_are_silent_also_when_what_they_read_was_not_seen() -> None:
    assert found(reading(1, 2), reading(2, 3, 99), reading(3)) == []


def test_the_policy_that_leads_back_is_named_not_the_other() -> None:
    harmless, back = Policy("harmless", "r", reads=(2,)), Policy("back", "r", reads=(1,))
    (one,) = recursive(policies(table(oid=1, policies=(harmless, back)), reading(2)))
    assert one.policy == back


def test_a_ring_of_ten_thousand_tables_is_walked_once() -> None:
    ring = [reading(oid, oid % 10_000 + 1) for oid in range(1, 10_001)]
    assert len(found(*ring)) == len(ring)
