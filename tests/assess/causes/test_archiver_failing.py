"""Log that can not be archived."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.causes.archiver_failing import judge
from fireline.assess.checks.wal import Archiver
from fireline.assess.snapshot import Snapshot
from tests.assess.kept import ago, facts, the, why_not
from tests.assess.readings import settings, snapshot, wal

FAILING = Archiver(7, "0A", ago(900), 12, "0B", ago(5), None)


def look(archiver: Archiver = FAILING, ready: int | None = 4, standby: bool = False, **values: Any) -> Snapshot:
    known = {"archive_mode": "on", "archive_command": "cp %p /nowhere", "archive_library": ""} | values
    return snapshot(
        ("wal", replace(wal(), archiver=archiver, ready=ready, standby=standby)), ("settings", settings(**known))
    )


def test_a_failure_after_the_last_success_is_named() -> None:
    found = the(judge(look()))
    assert "12 failures, the last 5.0 s ago with 0B; archived last: 0A, 15 min ago" in facts(found)
    assert "archive_command is 'cp %p /nowhere'" in facts(found)
    assert "4 files wait to be archived" in facts(found)
    assert why_not(found)["inactive_slot_retains_wal"] == "no slot is unused"


def test_it_never_succeeded_either() -> None:
    found = the(judge(look(replace(FAILING, archived=0, last_archived=None, archived_at=None))))
    assert "archived last: none" in facts(found)


def test_an_old_failure_is_over_and_without_archiving_nothing_fails() -> None:
    assert judge(look(replace(FAILING, archived_at=ago(1)))) == ()
    assert judge(look(archive_mode="off")) == ()
    assert judge(look(replace(FAILING, failed=0, failed_at=None))) == ()


def test_a_library_is_named_instead_of_the_command() -> None:
    assert the(judge(look(archive_library="basic_archive", archive_command=""))).objects == ("archive_library",)


def test_archiving_with_nothing_to_archive_with_is_named_once_files_wait() -> None:
    nothing = replace(FAILING, failed=0, failed_at=None)
    assert "nothing is set" in the(judge(look(nothing, archive_command=""))).title
    assert judge(look(nothing, ready=0, archive_command="")) == ()
    assert judge(look(nothing, standby=True, archive_command="(disabled)")) == ()
