"""How far the end is, from made-up readings: silent with room, and never better when there is less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.assess.headroom import RAMPS, used_up, wal_rate
from fireline.assess.snapshot import Snapshot
from tests.assess.readings import AT, GB, database, sequence, snapshot, space, wal

BY_NAME = {ramp.name: ramp for ramp in RAMPS}


def takes(name: str, seen: Snapshot) -> int:
    return sum(one.takes for one in BY_NAME[name].symptoms(seen))


def says(name: str, seen: Snapshot) -> str:
    (one,) = BY_NAME[name].symptoms(seen)
    return one.because


def test_with_room_everywhere_nothing_is_said() -> None:
    assert [ramp.name for ramp in RAMPS if ramp.symptoms(snapshot())] == []


def test_what_was_not_read_is_not_said() -> None:
    empty = Snapshot("main", AT, None)
    assert [ramp.name for ramp in RAMPS if ramp.symptoms(empty)] == []


def test_a_disk_that_fills_up_counts_once_though_it_has_two_names() -> None:
    assert takes("room on disk", snapshot(("space", space(1 * GB)))) == 800
    assert says("room on disk", snapshot(("space", space(4 * GB)))) == "tablespace pg_default: 4.0 GB free, 8%"
    assert takes("room on disk", snapshot(("space", space(150 * GB, 2000 * GB)))) == 0


def test_the_age_that_vacuum_takes_care_of_means_nothing() -> None:
    assert takes("transaction ids", snapshot(("databases", database(frozen_age=210_000_000)))) == 0


def test_transaction_ids_are_told_as_the_time_that_is_left() -> None:
    hurried = database(frozen_age=1_900_000_000, commits=864_000_000)
    assert "about 2 d" in says("transaction ids", snapshot(("databases", hurried)))
    calm = database(frozen_age=1_000_000_000, commits=1000)
    assert 0 < takes("transaction ids", snapshot(("databases", calm))) < 200
    assert takes("transaction ids", snapshot(("databases", hurried))) > 700


def test_log_that_a_slot_keeps_is_told_as_the_time_until_the_disk_is_full() -> None:
    seen = snapshot(("wal", wal(0)), ("wal", wal(10 * 2**20, seconds=1, retained=30 * GB)), ("space", space(36 * GB)))
    assert wal_rate(seen) == 10 * 2**20
    assert (
        says("log kept by slots", seen)
        == "slot reader keeps 30.0 GB of log; at the present rate the disk is full in 1 h 1 min"
    )
    assert takes("log kept by slots", seen) == 500


def test_a_slot_with_a_limit_is_lost_before_the_disk_is_full() -> None:
    seen = snapshot(("wal", wal(0)), ("wal", wal(2**20, seconds=1, retained=8 * GB, safe_bytes=2 * GB)))
    assert "it is lost in 34 min" in says("log kept by slots", seen)
    small = snapshot(("wal", wal(retained=GB)))
    assert takes("log kept by slots", small) == 0


@pytest.mark.parametrize(
    ("last", "changed", "share"),
    [(None, {}, 0), (1, {}, 0), (2**31 - 1, {}, 1), (100, {"most": 100, "cycles": True}, 0), (-50, {"step": -1, "least": -100, "most": 0}, 0.5)],
)  # fmt: skip
def test_how_much_of_a_sequence_is_used(last: int | None, changed: dict[str, Any], share: float) -> None:
    (one,) = (
        sequence(last, **changed).sequences
        if "most" not in changed
        else sequence(last, changed.pop("most"), **changed).sequences
    )
    assert used_up(one) == pytest.approx(share)


def test_a_sequence_near_its_end_is_named() -> None:
    seen = snapshot(("sequences", sequence(2_100_000_000)))
    assert says("sequences", seen) == "sequence public.ids is used up to 98%"
    assert takes("sequences", seen) >= 450


MAKE: dict[str, Callable[[float], Snapshot]] = {
    "room on disk": lambda x: snapshot(("space", space(round((1 - x) * 50 * GB)))),
    "transaction ids": lambda x: snapshot(("databases", database(frozen_age=round(x * (2**31 - 1)), commits=10**8))),
    "log kept by slots": lambda x: snapshot(
        ("wal", wal(0)), ("wal", wal(2**20, seconds=1, retained=round(x * 40 * GB))), ("space", space(40 * GB))
    ),
    "sequences": lambda x: snapshot(("sequences", sequence(1 + round(x * (2**31 - 2))))),
}


@pytest.mark.parametrize("name", MAKE)
@given(one=st.floats(0, 1), other=st.floats(0, 1))
def test_less_room_never_takes_less(name: str, one: float, other: float) -> None:
    assert takes(name, MAKE[name](min(one, other))) <= takes(name, MAKE[name](max(one, other)))


def test_one_sample_has_no_rate() -> None:
    assert wal_rate(snapshot()) is None
    assert wal_rate(snapshot(("wal", wal(0)), ("wal", wal(5)))) is None
