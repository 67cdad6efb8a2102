"""Which step of the way to a standby stands still."""

from __future__ import annotations

from fireline.assess.behind import name, not_the_network, pairs, replay, standing, starved, starving
from fireline.assess.checks.standbys import Connected
from fireline.assess.snapshot import Snapshot
from tests.assess.judging import complaining
from tests.assess.kept import ago, standby, standbys
from tests.assess.kept import replay as replaying
from tests.assess.readings import snapshot

MB = 2**20


def two(first: Connected, last: Connected) -> Snapshot:
    return snapshot(standbys(first), standbys(last, seconds=0.25))


def test_a_standby_that_answers_and_does_not_move_on_stands() -> None:
    first, last = standby(replayed=5, replied=ago(0)), standby(replayed=5, replied=ago(-1))
    assert standing(two(first, last)) == [last]
    assert standing(two(first, standby(replayed=6, replied=ago(-1)))) == []
    silent = standby(replayed=5, replied=ago(0))
    assert standing(two(first, silent)) == []
    assert standing(complaining(two(first, silent), "the replica is stale")) == [silent]


def test_a_standby_that_starves_does_not_stand() -> None:
    short = standby(written=10**9 - 2 * MB, flushed=10**9 - 2 * MB, replayed=5, replied=ago(-1))
    seen = two(standby(written=10**9 - 2 * MB, replayed=5, replied=ago(0)), short)
    assert (standing(seen), starving(seen)) == ([], [short])


def test_more_than_a_moment_of_log_must_be_missing() -> None:
    assert not starved(standby(written=10**9 - MB))
    assert starved(standby(written=10**9 - MB - 1))
    assert not starved(standby(written=None))
    assert not starved(standby(written=5, newest=None))


def test_only_a_standby_that_both_samples_saw_is_a_pair() -> None:
    assert pairs(two(standby(), standby(pid=52))) == []
    assert [last.application for _, last in pairs(two(standby(), standby(application="b")))] == ["b"]
    assert pairs(snapshot()) == []


def test_a_standby_is_called_by_what_is_known_of_it() -> None:
    named = [standby(), standby(application=""), standby(application="", client=None)]
    assert [name(one) for one in named] == ["replica", "10.0.0.7", "of pid 51"]
    assert "7 bytes are not flushed yet" in not_the_network(standby(flushed=10**9 - 7)).because


def test_only_a_standby_tells_how_it_replays() -> None:
    here = replaying(state="paused")
    assert replay(snapshot(standbys(replay=here))) is here
    assert replay(snapshot(standbys(standby()))) is replay(snapshot()) is None
