"""Lines of the configuration that can not be used."""

from __future__ import annotations

from fireline.assess.causes.invalid_config_entry import judge
from fireline.assess.checks.files import Files, Line
from tests.assess.given import base, files, look, settings
from tests.assess.refusals import facts, the

BAD = Line("/etc/postgresql.conf", 88, "work_mem", "64 mb", applied=False, error="setting could not be applied")


def test_the_line_is_named_with_the_servers_words() -> None:
    found = the(judge(look("my setting has no effect", files=files(BAD))))
    assert found.severity == "high"
    assert "line 88 of /etc/postgresql.conf: work_mem = '64 mb': setting could not be applied" in facts(found)
    assert found.objects == ("/etc/postgresql.conf:88",)
    assert "line 88" in found.remedy.text


def test_what_alter_system_wrote_is_also_taken_back_so() -> None:
    own = Line(
        "/d/postgresql.auto.conf",
        3,
        "shared_bufers",
        "1GB",
        applied=False,
        error="unrecognized configuration parameter",
    )
    assert the(judge(look(files=files(own)))).remedy.sql == (
        "ALTER SYSTEM RESET shared_bufers",
        "SELECT pg_reload_conf()",
    )


def test_a_good_value_that_waits_for_a_restart_is_no_fault() -> None:
    waits = Line(
        "/etc/postgresql.conf", 9, "shared_buffers", "1GB", applied=False, error="setting could not be applied"
    )
    known = settings(shared_buffers=base("shared_buffers", "4096", "8kB", "configuration file", pending_restart=True))
    assert judge(look("a setting has no effect", settings=known, files=files(waits))) == ()


def test_files_in_order_or_not_readable_are_silent() -> None:
    good = Line("/etc/postgresql.conf", 1, "work_mem", "4MB", applied=True)
    assert judge(look("config", files=files(good))) == ()
    assert judge(look("config", files=Files(readable=False))) == ()
