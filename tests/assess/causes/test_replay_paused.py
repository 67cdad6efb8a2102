"""Replay that somebody has paused."""

from __future__ import annotations

import pytest

from fireline.assess.causes.replay_paused import judge
from fireline.assess.snapshot import Snapshot
from tests.assess.judging import complaining
from tests.assess.kept import ago, facts, replay, standby, standbys, the, why_not
from tests.assess.readings import snapshot

ASKED = "the standby shows old data"
BEHIND = 10**9 - 3 * 2**20


def there(answers: float = 0.25, **changed: object) -> Snapshot:
    """Two samples of one standby that has the log and stands still at one place."""
    first = standby(replayed=BEHIND, replied=ago(0), **changed)
    last = standby(**{"replayed": BEHIND, "replied": ago(-answers), **changed})
    return snapshot(standbys(first), standbys(last, seconds=0.25))


def test_on_the_standby_a_pause_is_named_without_complaint() -> None:
    paused = snapshot(standbys(replay=replay(state="paused", received=10**9 + 2**21, replayed_at=ago(300))))
    found = the(judge(paused))
    assert (found.severity, found.confidence, found.objects) == ("high", 0.98, ("replay",))
    assert "replay is paused" in facts(found)
    assert "replayed up to 0/3B9ACA00, committed 5 min ago: 2 MB are left" in facts(found)
    assert (found.remedy.sql, found.remedy.undo) == (
        ("SELECT pg_wal_replay_resume()",),
        ("SELECT pg_wal_replay_pause()",),
    )
    assert (found.probe.sql, found.probe.expect) == ("SELECT pg_is_wal_replay_paused() AS paused", "paused = false")
    assert why_not(found)["replica_network_lag"] == "log arrives: the receiver is streaming"


def test_a_pause_with_nothing_left_to_replay_is_worse_when_somebody_complains() -> None:
    paused = snapshot(standbys(replay=replay(state="paused")))
    assert the(judge(paused)).severity == "medium"
    assert the(judge(complaining(paused, ASKED))).severity == "high"


def test_replay_that_runs_is_silent_even_when_it_waits_for_a_query() -> None:
    waits = snapshot(standbys(replay=replay(wait="RecoveryConflictSnapshot", received=10**9 + 2**30)))
    assert judge(complaining(waits, ASKED)) == ()
    assert judge(complaining(snapshot(), ASKED)) == ()


def test_from_the_primary_a_standby_that_has_the_log_and_stands_still_is_named_less_surely() -> None:
    found = the(judge(there(replay_lag=90.0)))
    assert (found.objects, found.confidence) == (("standby replica",), 0.7)
    assert "3145728 bytes are left, the same place in each sample; replay_lag says" in facts(found)
    assert found.probe.sql.endswith("WHERE pid = 51 AND replay_lsn < '0/3B9ACA00'::pg_lsn")
    assert "look alike" in why_not(found)["replay_held_by_query"]


@pytest.mark.parametrize(
    "changed",
    [{"written": 1, "newest": 10**9}, {"state": "catchup"}, {"replayed": 10**9}, {"flushed": None}],
    ids=["the network", "still catching up", "has everything", "tells nothing"],
)
def test_from_the_primary_other_reasons_to_be_behind_are_silent(changed: dict[str, object]) -> None:
    last = standby(**{"replayed": BEHIND, **changed})
    assert judge(complaining(snapshot(standbys(last)), ASKED)) == ()


def test_a_standby_that_had_nothing_to_answer_is_named_only_when_asked() -> None:
    assert judge(there(answers=0)) == ()
    assert the(judge(complaining(there(answers=0), ASKED))).severity == "high"
