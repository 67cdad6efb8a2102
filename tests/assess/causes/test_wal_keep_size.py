"""A setting that keeps log."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.wal_keep_size import judge
from fireline.assess.checks.wal import Wal
from fireline.assess.snapshot import Replication
from tests.assess.judging import complaining
from tests.assess.kept import facts, given, the, why_not
from tests.assess.readings import GB, settings, snapshot, wal

KEEP = given(wal_keep_size="4096")
ASKED = "pg_wal is big"


def log(past: int = 3 * GB) -> tuple[str, Wal]:
    return "wal", replace(wal(), size=4 * GB, files=256, past=past)


def test_it_is_named_when_it_keeps_more_than_checkpoints_would_and_nobody_is_there_to_want_it() -> None:
    found = the(judge(snapshot(KEEP, log())))
    assert "wal_keep_size is 4.0 GB; its default is 0" in facts(found)
    assert "pg_wal holds 256 files, 4.0 GB" in facts(found)
    assert found.remedy.sql == ("ALTER SYSTEM RESET wal_keep_size", "SELECT pg_reload_conf()", "CHECKPOINT")
    assert found.remedy.undo[0] == "ALTER SYSTEM SET wal_keep_size = '4096'"
    assert {"inactive_slot_retains_wal", "archiver_failing", "checkpoints_forced_max_wal"} == why_not(found).keys()


def test_a_standby_that_may_want_it_and_a_small_number_are_silent_unless_somebody_asks() -> None:
    wanted = snapshot(KEEP, log(), ("replication", Replication("", "default", (("r", "streaming", "async"),))))
    little = snapshot(given(wal_keep_size="512"), log(200 * 2**20))
    assert judge(wanted) == judge(little) == ()
    assert judge(complaining(wanted, ASKED))
    assert judge(complaining(little, ASKED))


def test_not_set_an_unused_slot_or_a_failing_archiver_rule_it_out() -> None:
    assert judge(complaining(snapshot(log()), ASKED)) == ()
    slot = ("wal", replace(wal(retained=9 * GB), size=9 * GB, past=9 * GB))
    assert judge(complaining(snapshot(KEEP, slot), ASKED)) == ()
    archived = ("settings", replace(KEEP[1], values=KEEP[1].values | settings(archive_mode="on").values))
    failing = ("wal", replace(log()[1], archiver=replace(wal().archiver, failed=3, failed_at=wal().at)))
    assert judge(complaining(snapshot(archived, failing), ASKED)) == ()


def test_a_slot_that_wants_less_does_not_hide_it() -> None:
    slot = ("wal", replace(wal(retained=GB, active=False), size=4 * GB, past=3 * GB))
    assert judge(complaining(snapshot(KEEP, slot), ASKED))
    assert judge(snapshot(KEEP, slot))
