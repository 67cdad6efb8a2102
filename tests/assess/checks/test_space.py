"""Where data lies, and how much room is left."""

from __future__ import annotations

import os

from fireline.assess.checks.space import Space, read
from fireline.assess.snapshot import Snapshot
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining
from tests.assess.poor_role import poor


def seen(target: Target, sofar: Snapshot = NOTHING_SEEN) -> Space:
    with connect(target) as conn:
        return read(conn, sofar)


def test_a_server_on_this_machine_is_known_with_the_room_it_has(target: Target, faults: Faults) -> None:
    found = seen(target)
    row = faults.owner.execute("SHOW data_directory").fetchone()
    assert row
    assert (found.data, found.local) == (row[0], True)
    assert {one.name: one.home for one in found.tablespaces} == {"pg_default": True, "pg_global": False}
    there = os.statvfs(row[0])
    for room in (found.wal, *(one.room for one in found.tablespaces)):
        assert room is not None
        assert room.total == there.f_blocks * there.f_frsize
        assert 0 <= room.free <= room.total


def test_temporary_files_are_counted_while_they_are_there(target: Target, faults: Faults) -> None:
    before = seen(target)
    assert (before.temporary_files, before.temporary_bytes) == (0, 0)
    faults.idle(
        "report",
        "SET LOCAL work_mem = '64kB'",
        "DECLARE sorted CURSOR FOR SELECT i FROM generate_series(1, 50000) i ORDER BY i DESC",
        "FETCH 1 FROM sorted",
    )
    during = seen(target)
    assert during.temporary_files
    assert during.temporary_bytes
    assert during.temporary_bytes > 100_000


def test_with_few_rights_it_is_unknown_and_what_is_taken_is_counted_when_asked(target: Target, faults: Faults) -> None:
    with poor(target, faults) as few:
        found = seen(few)
        asked = seen(few, complaining(NOTHING_SEEN, "no space left on device"))
    assert (found.data, found.local, found.wal, found.temporary_files) == (None, False, None, None)
    assert [(one.room, one.used) for one in found.tablespaces] == [(None, None)] * 2
    used = {one.name: one.used for one in asked.tablespaces}
    assert used["pg_default"]
    assert used["pg_global"] is None
