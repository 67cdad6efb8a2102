"""A file system that is full."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.disk_full_tablespace import judge
from fireline.assess.checks.space import Space, Tablespace
from fireline.postgres.disk import Room
from tests.assess.judging import complaining
from tests.assess.kept import facts, the, why_not
from tests.assess.readings import AT, GB, snapshot, space, wal
from tests.assess.refusals import log, said

FULL = ("space", space(GB // 10))
FAST = Tablespace(17_000, "fast", "/mnt/fast", False, Room(10 * GB, 0, None), used=1000)
ERROR = 'ERROR:  could not extend file "pg_tblspc/17000/PG_18_202506291/5/16400": No space left on device'


def test_a_full_disk_is_named_without_complaint() -> None:
    found = the(judge(snapshot(FULL)))
    assert (found.severity, found.objects) == ("critical", ("tablespace pg_default",))
    assert "102 MB of 50.0 GB are free at /data" in facts(found)
    assert "reltablespace IN (0, 1663)" in found.remedy.sql[0]
    assert (found.remedy.level, found.probe.expect) == ("read", "bytes < 1")
    assert "pg_tablespace_size('pg_default')" in found.probe.sql
    assert {"temp_file_limit", "inactive_slot_retains_wal"} == why_not(found).keys()


def test_a_disk_with_room_is_silent_whatever_is_said() -> None:
    assert judge(snapshot()) == judge(snapshot(("space", space(4 * GB)))) == ()
    inside = 'could not extend file "base/5/16400": No space left on device'
    assert judge(complaining(snapshot(), inside)) == ()


def test_a_place_that_no_more_files_fit_in_is_full_though_bytes_are_free() -> None:
    room = Room(50 * GB, 20 * GB, 0)
    found = the(judge(snapshot(("space", replace(space(0), tablespaces=(replace(FAST, room=room),), wal=room)))))
    assert (found.severity, found.probe.expect) == ("high", "bytes < 970")
    assert "reltablespace = 17000" in found.remedy.sql[0]


def test_tablespaces_of_one_file_system_are_one_and_of_two_are_two() -> None:
    home = space(GB // 10).tablespaces[0]
    beside = replace(FAST, room=home.room)
    both = ("space", Space(AT, "/data", True, (home, beside)))
    assert the(judge(snapshot(both))).objects == ("tablespace pg_default",)
    apart = ("space", Space(AT, "/data", True, (home, FAST)))
    assert [one.objects[0] for one in judge(snapshot(apart))] == ["tablespace pg_default", "tablespace fast"]


def test_from_another_machine_the_message_tells_which_it_is() -> None:
    far = Space(AT, None, False, (replace(space(0).tablespaces[0], room=None), replace(FAST, room=None)))
    found = the(judge(complaining(snapshot(("space", far)), ERROR)))
    assert (found.objects, found.confidence) == (("tablespace fast",), 0.8)
    assert the(judge(snapshot(("space", far), ("log", log(said("ERROR", ERROR[8:])))))).objects == found.objects
    assert judge(snapshot(("space", far))) == ()
    limit = "ERROR:  temporary file size exceeds temp_file_limit (1024kB)"
    assert judge(complaining(snapshot(("space", far)), limit)) == ()


def test_a_disk_that_log_for_an_unused_slot_fills_is_the_slots_matter() -> None:
    kept = ("wal", wal(name="cdc", retained=20 * GB))
    assert judge(snapshot(FULL, kept)) == ()
    assert judge(snapshot(FULL, ("wal", wal(name="cdc", retained=GB))))
