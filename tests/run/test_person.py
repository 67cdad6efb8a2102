"""What people say to steps, and what is refused with which words."""

from __future__ import annotations

import pytest

from fireline.errors import NotFound, Refused, Usage
from fireline.incident.people import FIRELINE
from fireline.run import person
from tests.run.scene import ADA, Scene, action, shell, sql, step

ASKS = sql("SELECT :'n'::int", parameters=[{"name": "n", "kind": "variable", "token": ":'n'", "type": "number"}])


def test_skipping_needs_a_reason_and_keeps_it(scene: Scene) -> None:
    scene.start(step("manual"))
    with pytest.raises(Usage, match="needs a reason"):
        scene.say(person.skip, step=1, reason=" ")
    scene.say(person.skip, step=1, reason="not ours")
    assert scene.states() == ["skipped"]
    assert scene.step()["outcome"]["skipped"] == "not ours"


def test_what_is_done_can_not_be_skipped(scene: Scene) -> None:
    scene.start(sql("SELECT 1"), step("manual"))
    with pytest.raises(Refused, match="is succeeded"):
        scene.say(person.skip, step=1, reason="late")


def test_a_wrong_answer_is_named(scene: Scene) -> None:
    scene.start(ASKS)
    for answers, said in [
        ({"x": "1"}, "does not ask for 'x'"),
        ({"n": "many"}, "must be a number"),
        ({"n": " "}, "is empty"),
    ]:
        with pytest.raises(Usage, match=said):
            scene.say(person.answer, step=1, answers=answers)
    scene.say(person.answer, step=1, answers={"n": "4"})
    assert scene.states() == ["succeeded"]


def test_a_secret_is_not_typed_in(scene: Scene) -> None:
    scene.start(
        shell('echo "$KEY"', parameters=[{"name": "KEY", "kind": "variable", "token": "$KEY", "secret": True}]),
        step("manual"),
    )
    with pytest.raises(Refused, match="is a secret"):
        scene.say(person.answer, step=1, answers={"KEY": "abc"})


def test_a_replacement_is_recorded_as_a_deviation(scene: Scene) -> None:
    scene.start(sql("SELECT nothing"), step("manual"))
    scene.say(person.replace, step=1, content=sql("SELECT 1 AS mended"), reason="renamed")
    assert scene.step()["replaced"] is True
    assert scene.step()["outcome"]["summary"] == "mended = 1"
    assert "replaced" in scene.kinds()


def test_retrying_a_failed_run_goes_on_with_it(scene: Scene) -> None:
    scene.start(shell("test -e flag"))
    scene.approve(level="reversible")
    assert scene.states() == ["failed"]
    (scene.world.settings.runbook.folder / "flag").touch()  # type: ignore[operator]
    scene.say(person.retry, step=1)
    scene.approve(level="reversible")
    assert scene.states() == ["succeeded"]
    assert [one["number"] for one in scene.step()["attempts"]] == [1, 2]


def test_there_is_nothing_to_retry_in_a_step_that_waits_for_its_tick(scene: Scene) -> None:
    scene.start(step("manual"))
    with pytest.raises(Refused, match="nothing to try again"):
        scene.say(person.retry, step=1)


def test_a_step_that_is_not_there_is_named(scene: Scene) -> None:
    scene.start(step("manual"))
    with pytest.raises(NotFound, match="has no step 9"):
        scene.say(person.tick, step=9)


def test_only_people_decide(scene: Scene) -> None:
    scene.start(step("manual"))
    with pytest.raises(Refused, match="only a person"):
        scene.say(person.tick, step=1, actor=FIRELINE)


def test_a_decision_that_makes_no_sense_says_what_would(scene: Scene) -> None:
    scene.start(step("decision", decision="if needed", action=action("sql", "SELECT 1")))
    with pytest.raises(Usage, match="answer yes, no or not possible"):
        scene.say(person.decide, step=1, choice="perhaps")


def test_an_ended_run_is_not_cancelled_again(scene: Scene) -> None:
    scene.start(sql("SELECT 1"))
    with pytest.raises(Refused, match="is succeeded already"):
        scene.say(person.cancel, actor=ADA)


def test_a_decision_without_an_action_is_done_by_hand(scene: Scene) -> None:
    scene.start(step("decision", decision="if possible"))
    scene.say(person.decide, step=1, choice="yes", reason="the load balancer is closed")
    assert scene.states() == ["succeeded"]
    assert scene.step()["outcome"]["summary"] == "the load balancer is closed"
