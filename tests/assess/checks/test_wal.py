"""What keeps write-ahead log."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks.wal import Wal, blind, read
from fireline.assess.snapshot import Snapshot
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN
from tests.assess.poor_role import poor
from tests.servers import count_now


def seen(target: Target, sofar: Snapshot = NOTHING_SEEN) -> Wal:
    with connect(target) as conn:
        return read(conn, sofar)


def test_a_slot_keeps_all_that_was_written_since_it_was_made(target: Target, faults: Faults) -> None:
    owner = faults.owner
    owner.execute("SELECT pg_create_physical_replication_slot('wal_slot', true)")
    try:
        before = seen(target)
        owner.execute("UPDATE orders SET n = n + 1")
        after = seen(target)
        (old,), (new,) = before.slots, after.slots
        assert (new.name, new.kind, new.plugin, new.active, new.status) == (
            "wal_slot",
            "physical",
            None,
            False,
            "reserved",
        )
        assert new.retained is not None
        assert old.retained is not None
        assert new.retained - old.retained == after.position - before.position > 1000
    finally:
        owner.execute("SELECT pg_drop_replication_slot('wal_slot')")


def test_the_folder_is_listed_once_and_the_counters_are_read_each_time(target: Target, faults: Faults) -> None:
    first = seen(target)
    assert first.files is not None
    assert first.size == first.files * 16 * 1024 * 1024
    assert (first.standby, first.ready, first.archiver.archived, first.archiver.failed) == (False, 0, 0, 0)
    faults.owner.execute("CHECKPOINT")
    count_now(faults.owner)
    kept = replace(first, files=first.files + 7)
    second = seen(target, replace(NOTHING_SEEN, readings={"wal": (kept,)}))
    assert second.files == first.files + 7
    assert second.checkpoints.requested > first.checkpoints.requested
    assert second.at > first.at


def test_a_role_that_may_not_list_the_folder_says_so(target: Target, faults: Faults) -> None:
    with poor(target, faults) as few:
        found = seen(few)
    assert (found.files, found.size, found.past, found.ready) == (None, None, None, None)
    assert found.position > 0
    assert blind(found) == "may not list the folder of the log; grant it pg_monitor"
    assert blind(seen(target)) is None
