"""A start that was broken off for want of memory."""

from __future__ import annotations

from fireline.assess.causes.startup_memory_refused import judge
from tests.assess.refusals import away, facts, files, log, said, the

DOWN = "nothing listens at /tmp port 5432"


def test_the_settings_that_ask_for_it_are_named() -> None:
    end = said(
        "FATAL",
        "could not map anonymous shared memory: Cannot allocate memory",
        60,
        pid=2,
        hint="reduce shared_buffers",
    )
    found = the(judge(away("refused", DOWN, server_files=files("shut down"), log=log(end))))
    assert "shared_buffers" in found.objects
    assert "reduce shared_buffers" in facts(found)


def test_a_session_that_runs_out_of_memory_is_another_thing() -> None:
    end = said("ERROR", "out of memory", 60, pid=2)
    assert judge(away("refused", DOWN, server_files=files("shut down"), log=log(end))) == ()
