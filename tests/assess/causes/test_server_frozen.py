"""A process that is there and does not run."""

from __future__ import annotations

from fireline.assess.causes.server_frozen import judge
from tests.assess.refusals import away, files, the

WORDS = "no answer from /tmp port 5432 in time"


def test_a_process_that_was_stopped_is_woken_and_one_that_waits_for_a_disk_is_not() -> None:
    stopped = the(judge(away("timeout", WORDS, server_files=files(alive=True, process="T"))))
    disk = the(judge(away("timeout", WORDS, server_files=files(alive=True, process="D"))))
    assert "kill -CONT 4711" in stopped.remedy.text
    assert "disk" in disk.remedy.text
    assert disk.confidence < stopped.confidence


def test_one_that_sleeps_or_is_not_there_is_silent() -> None:
    assert judge(away("timeout", WORDS, server_files=files(alive=True))) == ()
    assert judge(away("timeout", WORDS, server_files=files("shut down"))) == ()
    assert judge(away("timeout", WORDS)) == ()
