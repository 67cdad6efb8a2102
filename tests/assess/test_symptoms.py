"""What the readings show besides the causes, by degrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.assess.checks.tables import Table, Tables
from fireline.assess.diagnose import causes, judge
from fireline.assess.score import DIMENSIONS, OF_FAMILY, score
from fireline.assess.snapshot import Snapshot
from fireline.assess.symptoms import RAMPS, slots_left
from tests.assess.readings import database, sessions, settings, snapshot

BY_NAME = {ramp.name: ramp for ramp in RAMPS}
ORDERS = Table(1, "public", "orders", live=100_000, tuples=100_000)


def takes(name: str, seen: Snapshot) -> int:
    return sum(one.takes for one in BY_NAME[name].symptoms(seen))


def test_a_healthy_server_shows_none_and_has_all_points() -> None:
    seen = snapshot()
    assert [ramp.name for ramp in RAMPS if ramp.symptoms(seen)] == []
    assert score(seen, judge(seen), causes().values()).score == 100


def test_what_was_not_read_shows_nothing() -> None:
    empty = replace(snapshot(), readings={})
    assert [ramp.name for ramp in RAMPS if ramp.symptoms(empty)] == []
    assert slots_left(empty) is None


def test_slots_are_those_that_ordinary_roles_may_use() -> None:
    seen = snapshot(("locks", sessions(60)), ("settings", settings(reserved_connections=7)))
    assert slots_left(seen) == (60, 90, 10)
    assert takes("connections used", seen) == 0
    full = snapshot(("locks", sessions(95)))
    (one,) = BY_NAME["connections used"].symptoms(full)
    assert (one.takes, one.because) == (500, "95 of 97 connection slots are used")


def test_few_blocks_or_few_dead_rows_say_nothing() -> None:
    assert takes("cache hits", snapshot(("databases", database(blocks_hit=100, blocks_read=900)))) == 0
    assert takes("dead rows", snapshot(("tables", Tables((replace(ORDERS, live=10, dead=900),))))) == 0
    assert (
        takes("stale statistics", snapshot(("tables", Tables((replace(ORDERS, live=10, tuples=10, changed=900),)))))
        == 0
    )


def test_the_worst_table_is_named() -> None:
    other = replace(ORDERS, name="visits", dead=200_000)
    seen = snapshot(("tables", Tables((replace(ORDERS, dead=40_000), other))))
    (one,) = BY_NAME["dead rows"].symptoms(seen)
    assert one.because == "67% of the rows of public.visits are dead"


MAKE: dict[str, Callable[[float], Snapshot]] = {
    "connections used": lambda x: snapshot(("locks", sessions(round(97 * x)))),
    "cache hits": lambda x: snapshot(("databases", database(blocks_hit=round(10**6 * (1 - x)), blocks_read=10**6 - round(10**6 * (1 - x))))),
    "dead rows": lambda x: snapshot(("tables", Tables((replace(ORDERS, dead=round(x * 10**6)),)))),
    "stale statistics": lambda x: snapshot(("tables", Tables((replace(ORDERS, changed=round(x * 10**6)),)))),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKE)
@given(one=st.floats(0, 1), other=st.floats(0, 1))
def test_worse_never_takes_less_and_never_raises_the_score(name: str, one: float, other: float) -> None:
    better, worse = MAKE[name](min(one, other)), MAKE[name](max(one, other))
    assert takes(name, better) <= takes(name, worse)
    known = causes().values()
    assert (score(worse, (), known).score or 0) <= (score(better, (), known).score or 0)


def test_every_ramp_has_a_dimension_and_what_explains_it_exists() -> None:
    assert {ramp.dimension for ramp in RAMPS} <= set(DIMENSIONS)
    labels = {cause.label for cause in causes().values()} | set(OF_FAMILY)
    for name, make in MAKE.items():
        assert {of for one in BY_NAME[name].symptoms(make(1.0)) for of in one.of} <= labels
