"""A server that nobody started again."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.server_not_running import judge
from fireline.assess.checks.server_files import ServerFiles
from tests.assess.refusals import away, facts, files, log, said, snap, the

DOWN = "nothing listens at /tmp port 5432"


def test_one_that_was_stopped_and_one_that_died_are_told_apart_by_pg_control() -> None:
    stopped = the(judge(away("refused", DOWN, server_files=files("shut down"))))
    died = the(judge(away("refused", DOWN, server_files=files("in production"))))
    assert stopped.title == "The server is not running: it was stopped."
    assert died.title == "The server is not running: it died."
    assert "pg_ctl -D /data/pg start" in died.remedy.text


def test_the_log_tells_of_its_end() -> None:
    seen = log(said("LOG", "received fast shutdown request"), said("LOG", "database system is shut down"))
    at_once = log(said("LOG", "received immediate shutdown request"))
    assert "at once" in the(judge(away("refused", DOWN, server_files=files("in production"), log=at_once))).remedy.text
    assert "received fast shutdown request" in facts(
        the(judge(away("refused", DOWN, server_files=files("shut down"), log=seen)))
    )


def test_one_that_runs_one_elsewhere_and_one_that_answers_are_silent() -> None:
    assert judge(away("refused", DOWN, server_files=files(alive=True))) == ()
    assert judge(away("refused", DOWN, server_files=ServerFiles(here=False))) == ()
    assert judge(away("slots", "sorry, too many clients already", server_files=files("shut down"))) == ()
    assert judge(snap("the database is down", server_files=replace(files(alive=True)))) == ()
