"""A query on a standby that replay waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fireline.assess.causes.replay_held_by_query import judge
from fireline.assess.checks.standbys import Reader, Standbys
from tests.assess.judging import complaining
from tests.assess.kept import ago, facts, given, replay, standbys, the, why_not
from tests.assess.readings import snapshot

READER = Reader(61, ago(900), ago(240), "bi", "report", None, "active", 500, "SELECT * FROM orders")
LOCKING = replace(READER, pid=62, xmin_age=None)
ASKED = "the replica shows old data"


def held(seconds: float = 0.0, **changed: Any) -> tuple[str, Standbys]:
    known = {
        "wait": "RecoveryConflictSnapshot", "wait_type": "IPC", "readers": (READER,), "received": 10**9 + 2**20 * 5,
    }  # fmt: skip
    return standbys(replay=replay(**(known | changed)), seconds=seconds)


def test_the_reader_in_the_way_of_replay_is_named() -> None:
    found = the(judge(snapshot(held(), held(0.25), given(max_standby_streaming_delay="-1"))))
    assert (found.severity, found.objects, found.confidence) == ("medium", ("pid 61",), 0.9)
    assert "waits on RecoveryConflictSnapshot; 5 MB of log are received and not replayed" in facts(found)
    assert "pid 61 (report@local) is active" in facts(found)
    assert "max_standby_streaming_delay is -1 ms" in facts(found)
    assert found.remedy.sql[0].startswith("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 61 AND")
    assert (found.probe.expect, "pid = 61 AND" in found.probe.sql) == ("rows = 0", True)
    assert {"replay_paused", "replica_network_lag"} == why_not(found).keys()


def test_a_complaint_about_the_replica_makes_it_worse() -> None:
    assert the(judge(complaining(snapshot(held()), ASKED))).severity == "high"
    assert the(judge(complaining(snapshot(held()), "pages are slow"))).severity == "medium"


def test_of_several_readers_the_one_that_holds_the_lock_is_named() -> None:
    locked = held(wait="relation", wait_type="Lock", readers=(READER, LOCKING), blockers=(62,))
    assert the(judge(snapshot(locked))).objects == ("pid 62",)
    guessed = the(judge(snapshot(held(readers=(LOCKING, READER)))))
    assert (guessed.objects, guessed.confidence) == (("pid 61",), 0.75)


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "paused"},
        {"wait": "RecoveryWalStream", "wait_type": "Activity"},
        {"readers": ()},
        {"readers": (LOCKING,)},
    ],
    ids=["paused", "nothing to replay", "nobody reads", "a reader without a snapshot"],
)
def test_a_pause_a_quiet_primary_and_nobody_in_the_way_are_silent(changed: dict[str, Any]) -> None:
    assert judge(complaining(snapshot(held(**changed)), ASKED)) == ()


def test_replay_that_moves_on_between_the_samples_is_silent() -> None:
    assert judge(complaining(snapshot(held(), held(0.25, replayed=10**9 + 1)), ASKED)) == ()
    free = held(0.25, wait="RecoveryWalStream", wait_type="Activity")
    assert judge(complaining(snapshot(held(), free), ASKED)) == ()


def test_a_primary_is_silent() -> None:
    assert judge(complaining(snapshot(standbys()), ASKED)) == judge(snapshot()) == ()
