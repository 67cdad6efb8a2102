"""What keeps log, weighed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fireline.assess import log_kept
from fireline.assess.checks.wal import Wal
from fireline.assess.log_kept import MB, size
from fireline.postgres.disk import Room
from tests.assess.judging import complaining
from tests.assess.kept import ago
from tests.assess.readings import GB, settings, snapshot, space, wal

ON = ("settings", settings(archive_mode="on"))


def archived(failed: float | None, done: float | None, **more: Any) -> tuple[str, Wal]:
    """The archiver failed and was well so many seconds ago."""
    known = wal().archiver
    at, then = (None if one is None else ago(one) for one in (failed, done))
    return "wal", replace(wal(), archiver=replace(known, failed_at=at, archived_at=then, last_archived="0A"), **more)


def test_bytes_are_told_in_the_unit_that_fits() -> None:
    assert [size(one) for one in (0, MB - 1, 640 * MB, GB, 3 * GB + GB // 4)] == [
        "0 MB",
        "0 MB",
        "640 MB",
        "1.0 GB",
        "3.2 GB",
    ]


@pytest.mark.parametrize(
    ("slot", "there"),
    [
        ({"retained": GB}, True),
        ({"retained": GB, "active": True}, False),
        ({"retained": GB, "temporary": True}, False),
        ({"retained": GB, "status": "lost"}, False),
        ({"retained": GB, "invalid": "wal_removed"}, False),
        ({"retained": None}, False),
    ],
)
def test_only_a_slot_that_nobody_uses_and_that_still_holds_counts(slot: dict[str, Any], there: bool) -> None:
    seen = snapshot(("wal", wal(**{"name": "cdc", **slot})))
    assert bool(log_kept.idle_slots(seen)) is there
    fact = "the unused slot cdc keeps only 1.0 GB" if there else "no slot is unused"
    assert log_kept.not_slots(seen).because == fact


def test_a_little_log_is_worth_a_word_only_when_asked() -> None:
    seen = snapshot(("wal", wal(name="cdc", retained=20 * MB)))
    (slot,) = log_kept.idle_slots(seen)
    assert not log_kept.keeps(seen, slot)
    assert log_kept.keeps(complaining(seen, "pg_wal grows"), slot)
    assert log_kept.keeps(seen, replace(slot, retained=64 * MB))


def test_the_archiver_fails_when_the_newest_thing_it_did_was_to_fail() -> None:
    assert log_kept.archiver_fails(snapshot(ON, archived(10, 60)))
    assert log_kept.archiver_fails(snapshot(ON, archived(10, None)))
    assert not log_kept.archiver_fails(snapshot(ON, archived(60, 10)))
    assert not log_kept.archiver_fails(snapshot(archived(10, 60)))
    assert log_kept.not_archiver(snapshot(archived(10, 60))).because == "archive_mode is off"
    assert "0A was archived at 02:59:50" in log_kept.not_archiver(snapshot(ON, archived(60, 10))).because


def test_who_fills_the_disk_is_who_keeps_a_good_part_of_it() -> None:
    disk = ("space", space(0))
    assert log_kept.fills(snapshot(disk, ("wal", wal(name="cdc", retained=10 * GB)))) == "inactive_slot_retains_wal"
    assert log_kept.fills(snapshot(disk, ("wal", wal(name="cdc", retained=9 * GB)))) is None
    assert log_kept.fills(snapshot(disk, ON, archived(10, 60, size=10 * GB))) == "archiver_failing"
    assert log_kept.fills(snapshot(disk, archived(10, 60, size=10 * GB))) is None


def test_the_room_left_decides_how_bad_it_is() -> None:
    assert log_kept.short(Room(100, 4, None))
    assert log_kept.short(Room(100, 90, 0))
    assert not log_kept.short(Room(100, 5, None))
    assert not log_kept.short(None)
    roomy = snapshot()
    assert [log_kept.severity(roomy, kept) for kept in (GB - 1, GB)] == ["medium", "high"]
    assert log_kept.severity(complaining(roomy, "the disk is full"), 1) == "high"
    assert log_kept.severity(snapshot(("space", space(4 * GB))), 1) == "critical"
