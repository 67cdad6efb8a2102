"""A slot that nobody uses keeps log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline.assess.causes.inactive_slot_retains_wal import judge
from tests.assess.judging import complaining
from tests.assess.kept import ago, facts, the, why_not
from tests.assess.readings import AT, GB, snapshot, space, wal

MB = 2**20


def test_the_slot_is_named_with_what_it_keeps_and_how_long() -> None:
    seen = snapshot(("wal", wal(retained=3 * GB, inactive_since=AT - timedelta(hours=2))))
    found = the(judge(seen))
    assert found.severity == "high"
    assert "reader (physical) is inactive for 2 h and keeps 3.0 GB of log" in facts(found)
    assert found.remedy.sql[0] == "SELECT pg_drop_replication_slot('reader')"
    assert found.remedy.level == "destructive"
    assert why_not(found)["archiver_failing"] == "archive_mode is off"
    assert why_not(found)["wal_keep_size"] == "wal_keep_size is 0"
    assert why_not(found)["xmin_held_by_slot"] == "it holds back no dead rows"


def test_a_disk_that_is_nearly_full_makes_it_critical() -> None:
    assert the(judge(snapshot(("wal", wal(retained=3 * GB)), ("space", space(2 * GB))))).severity == "critical"


def test_little_is_silent_unless_somebody_asks() -> None:
    little = snapshot(("wal", wal(retained=20 * MB)))
    assert judge(little) == ()
    assert the(judge(complaining(little, "pg_wal grows and grows"))).severity == "high"
    assert judge(complaining(snapshot(("wal", wal(retained=5 * MB))), "pg_wal grows")) == ()


def test_slots_that_keep_nothing_back_are_silent() -> None:
    harmless_ones: tuple[dict[str, Any], ...] = (
        {"active": True},
        {"temporary": True},
        {"retained": None},
        {"status": "lost"},
        {"invalid": "wal_removed"},
    )
    for harmless in harmless_ones:
        given: dict[str, Any] = {"retained": 3 * GB, "inactive_since": ago(10)} | harmless
        seen = snapshot(("wal", wal(**given)))
        assert judge(complaining(seen, "disk full, pg_wal grows")) == ()
