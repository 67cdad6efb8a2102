"""Log that does not get through to a standby."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.assess.causes.replica_network_lag import judge
from fireline.assess.checks.standbys import Standbys
from tests.assess.judging import complaining
from tests.assess.kept import facts, replay, standby, standbys, the, why_not
from tests.assess.readings import snapshot

ASKED = "reads on the replica are minutes old"
MB = 2**20


def away(seconds: float = 0.0, **changed: Any) -> tuple[str, Standbys]:
    """A standby to which 2 MB are on the way, and 3 more are not sent yet."""
    known = {"written": 10**9 - 2 * MB, "newest": 10**9 + 3 * MB}
    return standbys(standby(**(known | changed)), seconds=seconds)


def test_a_standby_that_writes_nothing_of_what_is_sent_is_named() -> None:
    found = the(judge(snapshot(away(), away(0.25))))
    assert (found.severity, found.objects) == ("medium", ("standby replica",))
    assert "replica (10.0.0.7) has written nothing between the samples; 5 MB are not there yet, 2 MB" in facts(found)
    assert found.remedy.sql == ("SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE pid = 51",)
    assert found.remedy.text.startswith("Look at the way to 10.0.0.7")
    assert found.probe.sql.endswith("WHERE pid = 51 AND write_lsn < '0/3B9ACA00'::pg_lsn")
    assert {"replay_paused", "inactive_slot_retains_wal"} == why_not(found).keys()


def test_a_complaint_about_the_replica_makes_it_worse_and_another_does_not() -> None:
    seen = snapshot(away(), away(0.25))
    assert the(judge(complaining(seen, ASKED))).severity == "high"
    assert the(judge(complaining(seen, "too many clients already"))).severity == "medium"


@pytest.mark.parametrize(
    "last",
    [
        {"written": 10**9 - 1 * MB},
        {"written": 10**9, "newest": 10**9, "replayed": 10**9 - 50 * MB},
        {"written": 10**9, "newest": 10**9 + MB // 2},
        {"state": "backup"},
        {"written": None},
        {"pid": 52},
    ],
    ids=["it moves on", "replay is behind", "a moment behind", "a base backup", "tells nothing", "connected anew"],
)
def test_a_standby_that_gets_the_log_or_is_none_is_silent(last: dict[str, Any]) -> None:
    assert judge(complaining(snapshot(away(), away(0.25, **last)), ASKED)) == ()


def test_a_healthy_pair_and_the_standby_itself_are_silent() -> None:
    assert judge(complaining(snapshot(standbys(standby()), standbys(standby())), ASKED)) == ()
    assert judge(complaining(snapshot(standbys(replay=replay(state="paused"))), ASKED)) == judge(snapshot()) == ()


def test_no_more_than_three_standbys_are_named() -> None:
    many = [standby(pid=pid, application=f"r{pid}", written=1) for pid in range(1, 6)]
    assert [one.objects[0] for one in judge(snapshot(standbys(*many)))] == ["standby r1", "standby r2", "standby r3"]
