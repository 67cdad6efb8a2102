"""What a long piece of work tells: seldom enough to be read, with the time left from its pace."""

from __future__ import annotations

import pytest

from fireline.postgres import watch as watching
from fireline.postgres.watch import Progress, Watch


class Time:
    """A monotonic clock that is moved by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(watching, "time", made)
    return made


def test_the_time_left_is_reckoned_from_the_pace_of_this_part_alone(time: Time) -> None:
    told: list[Progress] = []
    watch = Watch(told=told.append)
    watch.tell("checking", 5, 10, "files")
    time.now += 100
    watch.tell("loading", 0, 1000, "rows")
    time.now += 2
    watch.tell("loading", 250, 1000, "rows")
    assert [one.seconds_left for one in told] == [None, None, 6.0]
    assert told[-1].share == 0.25
    assert told[-1].json() == {"doing": "loading", "done": 250, "total": 1000, "unit": "rows", "seconds_left": 6.0}


def test_it_tells_at_most_twice_a_second_but_each_new_part_at_once(time: Time) -> None:
    told: list[Progress] = []
    watch = Watch(told=told.append)
    for done in range(100):
        watch.tell("loading", done, 100, "rows")
        time.now += 0.1
    watch.tell("building", 0, 3, "tables")
    assert len(told) <= 22
    assert told[-1].doing == "building"


def test_a_total_that_is_not_known_or_is_passed_gives_no_time_left(time: Time) -> None:
    told: list[Progress] = []
    watch = Watch(told=told.append)
    watch.tell("loading", 1, None, "rows")
    time.now += 1
    watch.tell("loading", 7, None, "rows")
    time.now += 1
    watch.tell("loading", 9, 5, "rows")
    assert [one.seconds_left for one in told] == [None, None, None]
    assert (told[1].share, told[2].share) == (None, 1.0)
