"""A limit of temporary files that was reached."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.temp_file_limit import judge
from tests.assess.judging import complaining
from tests.assess.kept import facts, given, the, why_not
from tests.assess.readings import settings, snapshot, space
from tests.assess.refusals import log, said

SMALL = given(temp_file_limit="20480")
ERROR = "ERROR:  temporary file size exceeds temp_file_limit (20480kB)"


def logged(user: str = "web") -> tuple[str, object]:
    return "log", log(said("ERROR", ERROR[8:], user=user, statement="SELECT * FROM orders ORDER BY note"))


def test_a_limit_that_somebody_ran_into_is_named() -> None:
    found = the(judge(complaining(snapshot(SMALL), ERROR)))
    assert (found.severity, found.objects) == ("high", ("temp_file_limit of the whole server",))
    assert "temp_file_limit is '20480' for the whole server" in facts(found)
    assert found.remedy.sql == ("ALTER SYSTEM RESET temp_file_limit", "SELECT pg_reload_conf()")
    assert found.remedy.undo[0] == "ALTER SYSTEM SET temp_file_limit = '20480'"
    assert found.probe.expect == "reloaded = true"
    told = why_not(found)
    assert "its own limit of 20 MB, not the disk, where 40.0 GB are free" in told["disk_full_tablespace"]
    assert "work_mem_override" in told


def test_the_log_is_enough_without_a_complaint() -> None:
    found = the(judge(snapshot(SMALL, logged())))
    assert "temp_file_limit (20480kB), 1 times; SELECT * FROM orders ORDER BY note" in facts(found)


def test_a_limit_alone_is_silent_also_when_the_disk_is_full() -> None:
    assert judge(snapshot(SMALL)) == ()
    full = complaining(snapshot(SMALL, ("space", space(0))), "ERROR:  could not extend file: No space left on device")
    assert judge(full) == ()


def test_without_any_limit_set_the_words_name_nothing() -> None:
    assert judge(complaining(snapshot(), ERROR)) == ()
    assert judge(complaining(snapshot(given(temp_file_limit="-1")), ERROR)) == ()


def test_of_several_limits_the_one_of_the_role_that_failed_is_named() -> None:
    roles = [
        given(role=role, temp_file_limit=value)[1].overrides[0] for role, value in (("web", "50MB"), ("bi", "1MB"))
    ]
    both = ("settings", replace(settings(work_mem=4096), overrides=tuple(roles)))
    found = the(judge(snapshot(both, logged())))
    assert found.remedy.sql == ("ALTER ROLE web RESET temp_file_limit",)
    assert "work_mem is 4 MB" in facts(found)
    assert the(judge(complaining(snapshot(both), ERROR))).remedy.sql == ("ALTER ROLE bi RESET temp_file_limit",)
