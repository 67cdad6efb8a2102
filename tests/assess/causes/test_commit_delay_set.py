"""A setting that makes commits wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.causes.commit_delay_set import judge, micros
from tests.assess.judging import complaining
from tests.assess.kept import facts, given, the, why_not
from tests.assess.readings import AT, sessions, snapshot

LONG = given(commit_delay="50000")
ASKED = "every insert is slow since the deploy"


def test_a_delay_longer_than_any_disk_needs_is_named_without_complaint() -> None:
    found = the(judge(snapshot(LONG)))
    assert (found.severity, found.objects) == ("high", ("commit_delay of the whole server",))
    assert "commit_delay is '50000' for the whole server" in facts(found)
    assert "a commit waits 50 ms when 5 other transactions are open" in facts(found)
    assert found.remedy.sql == ("ALTER SYSTEM RESET commit_delay", "SELECT pg_reload_conf()")
    assert found.remedy.undo == ("ALTER SYSTEM SET commit_delay = '50000'", "SELECT pg_reload_conf()")
    assert found.probe.sql == f"SELECT pg_conf_load_time() > '{AT.isoformat()}'::timestamptz AS reloaded"
    assert "synchronous_standby_names is empty" in why_not(found)["sync_standby_missing"]


def test_a_role_that_is_given_it_is_named_alone() -> None:
    found = the(judge(snapshot(given(role="batch", commit_delay="20000"))))
    assert found.remedy.sql == ("ALTER ROLE batch RESET commit_delay",)
    assert (found.probe.expect, "pg_db_role_setting" in found.probe.sql) == ("rows = 0", True)
    assert judge(snapshot(given(database="elsewhere", commit_delay="20000"))) == ()


def test_a_shorter_delay_is_named_only_when_somebody_complains() -> None:
    some = snapshot(given(commit_delay="2000"))
    assert judge(some) == ()
    found = the(judge(complaining(some, ASKED)))
    assert (found.severity, found.confidence < 0.9) == ("medium", True)
    assert judge(complaining(some, "rows are missing")) == ()


@pytest.mark.parametrize("value", ["0", "500", "0us"])
def test_no_delay_or_one_that_nobody_feels_is_silent_even_when_asked(value: str) -> None:
    assert judge(complaining(snapshot(given(commit_delay=value)), ASKED)) == ()
    assert judge(complaining(snapshot(), ASKED)) == ()


def test_commits_that_wait_for_a_standby_are_told_beside_it() -> None:
    idle = sessions(2)
    stuck = {pid: replace(one, wait_type="IPC", wait="SyncRep") for pid, one in idle.sessions.items()}
    found = the(judge(snapshot(LONG, ("locks", replace(idle, sessions=stuck)))))
    assert why_not(found)["sync_standby_missing"] == "2 commits wait for a standby besides"


def test_the_unit_of_the_setting_is_read_and_anything_else_is_none() -> None:
    assert [micros(value) for value in ("2000", " 2000us ", "2000 US", "fast")] == [2000, 2000, 2000, 0]
