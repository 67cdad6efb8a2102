"""Sessions that wait for each other."""

from __future__ import annotations

from fireline.assess.ring import ring
from fireline.assess.snapshot import LockReading
from tests.assess.refusals import AT, waiting


def pids(unseen: int = 0, **blocked: tuple[int, ...]) -> list[int]:
    """The ring among sessions 1 to 6, of whom `unseen` is not to be seen; p3=(4,): 3 waits for 4."""
    sessions = {pid: waiting(pid) for pid in range(1, 7) if pid != unseen}
    found = ring(LockReading(AT, sessions, {int(name[1:]): by for name, by in blocked.items()}))
    return [one.pid for one in found]


def test_two_that_wait_for_each_other_are_a_ring() -> None:
    assert pids(p3=(4,), p4=(3,)) == [3, 4]


def test_the_shortest_way_back_is_the_ring_and_who_waits_behind_it_is_no_part() -> None:
    assert pids(p1=(2,), p2=(3, 4), p3=(4,), p4=(2,)) == [2, 4]
    assert pids(p1=(2,), p2=(3,), p3=(1,)) == [1, 2, 3]


def test_a_queue_however_long_is_no_ring() -> None:
    assert pids(p1=(2,), p2=(3,), p3=(4, 5), p4=(5,)) == []
    assert pids() == []


def test_a_session_that_waits_for_itself_or_for_one_that_is_gone_is_no_ring() -> None:
    assert pids(p1=(1,)) == []
    assert pids(p1=(2,), p2=(1,), unseen=2) == []
    assert pids(p1=(2,), p2=(1,), p3=(4,), p4=(3,), unseen=2) == [3, 4]
