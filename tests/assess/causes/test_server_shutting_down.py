"""A stop that waits for sessions."""

from __future__ import annotations

from fireline.assess.causes.server_shutting_down import judge
from tests.assess.refusals import away, facts, files, log, said, snap, the

WORDS = "the database system is shutting down"


def test_a_stop_that_waits_shows_for_whom() -> None:
    seen = files(alive=True, children=["web shop [local] idle", "checkpointer"])
    found = the(
        judge(away("shutting_down", WORDS, server_files=seen, log=log(said("LOG", "received smart shutdown request"))))
    )
    assert found.objects == ("web shop [local] idle",)
    assert "received smart shutdown request" in facts(found)
    assert "-m fast" in found.remedy.text


def test_of_a_server_elsewhere_the_refusal_tells_enough_and_one_that_answers_is_silent() -> None:
    assert the(judge(away("shutting_down", WORDS))).severity == "critical"
    assert judge(snap(WORDS)) == ()
