"""A server that recovers."""

from __future__ import annotations

from fireline.assess.causes.server_starting import judge
from fireline.assess.diagnose import judge as judge_all
from fireline.assess.snapshot import Snapshot
from tests.assess.refusals import away, facts, files, log, said, the

STARTING = "the database system is starting up"


def labels(snapshot: Snapshot) -> list[str]:
    return [one.cause for one in judge_all(snapshot)]


def test_recovery_is_shown_by_the_startup_process_and_the_log() -> None:
    seen = files(alive=True, children=["startup recovering 0000000100000003000000A1", "checkpointer"])
    told = log(said("LOG", "redo in progress, elapsed time: 10.00 s, current LSN: 3/A1000000"))
    found = the(judge(away("starting", STARTING, server_files=seen, log=told)))
    assert "startup recovering 0000000100000003000000A1" in facts(found)
    assert "redo in progress" in facts(found)
    assert found.remedy.level == "read"
    assert judge(away("slots", "sorry, too many clients already")) == ()


def test_a_standby_that_takes_no_connections_says_so() -> None:
    found = the(judge(away("starting", "the database system is not accepting connections")))
    assert found.title == "The server is a standby that takes no connections."
    assert "hot_standby" in found.remedy.text


def test_recovery_after_a_crash_is_the_crashs() -> None:
    told = log(said("LOG", "server process (PID 4711) was terminated by signal 11: Segmentation fault"))
    assert labels(away("recovery", "the database system is in recovery mode", log=told)) == ["crash_loop"]
