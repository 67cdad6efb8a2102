"""Checkpoints that a small max_wal_size forces."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.checkpoints_forced_max_wal import judge
from fireline.assess.checks.wal import Checkpoints
from fireline.assess.snapshot import Snapshot
from tests.assess.judging import complaining
from tests.assess.kept import facts, the, why_not
from tests.assess.readings import settings, snapshot, wal

MB = 2**20
ASKED = "LOG:  checkpoints are occurring too frequently (2 seconds apart)"


def look(
    speed: int = 10 * MB, *, timed: int = 1, requested: int = 9, written: int | None = None, most: int = 64
) -> Snapshot:
    """Two samples a second apart, so many bytes written between them."""
    counted = Checkpoints(timed, requested, 0, 0, None)
    one, two = (
        replace(wal(position, seconds=position / max(speed, 1)), checkpoints=counted, written=written)
        for position in (0, speed)
    )
    return snapshot(
        ("wal", one),
        ("wal", replace(two, at=one.at.replace(second=1))),
        ("settings", settings(max_wal_size=most, commit_delay=0)),
    )


def test_what_is_written_now_forces_them() -> None:
    found = the(judge(look()))
    assert "9 checkpoints were requested, 1 came by the clock" in facts(found)
    assert "one is forced every 3.2 s" in facts(found)
    assert found.remedy.sql == ("ALTER SYSTEM SET max_wal_size = '1024MB'", "SELECT pg_reload_conf()")
    assert found.remedy.undo == ("ALTER SYSTEM RESET max_wal_size", "SELECT pg_reload_conf()")
    assert found.probe.expect == "mb > 64"
    assert {"inactive_slot_retains_wal", "archiver_failing", "commit_delay_set"} == why_not(found).keys()


def test_a_server_that_writes_little_is_silent_unless_somebody_asks_and_the_log_was_why() -> None:
    forced = look(1000, written=10 * 40 * MB)
    assert judge(forced) == ()
    assert the(judge(complaining(forced, "writes stall every few seconds"))).severity == "high"
    by_hand = look(1000, written=10 * 2 * MB)
    assert judge(complaining(by_hand, ASKED)) == ()
    assert judge(complaining(look(1000), ASKED)) == ()


def test_checkpoints_by_the_clock_and_a_few_asked_for_are_healthy() -> None:
    assert judge(complaining(look(timed=30), ASKED)) == ()
    assert judge(complaining(look(requested=2, timed=0), ASKED)) == ()
    assert judge(look(most=4096)) == ()
