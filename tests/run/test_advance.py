"""A run goes by itself as far as the first step that is not proved to read, and waits for people in between."""

from __future__ import annotations

from fireline.run import halt, person
from fireline.run.advance import advance
from tests.run.scene import ADA, Scene, action, sql, step


def test_reads_run_by_themselves_up_to_the_first_step_that_is_none(scene: Scene) -> None:
    scene.start(
        sql("SELECT 1 AS one"),
        sql("SELECT count(*) FROM pg_stat_activity"),
        sql("CREATE TABLE t (i int)"),
        sql("SELECT 2"),
    )
    assert scene.states() == ["succeeded", "succeeded", "waiting", "planned"]
    assert scene.step(3)["waits_for"] == "approval"
    assert scene.step(1)["outcome"]["summary"] == "one = 1"
    assert scene.view["state"] == "waiting"


def test_a_failed_read_changes_nothing_so_the_run_goes_on_behind_it(scene: Scene) -> None:
    scene.start(sql("SELECT * FROM no_such_function()"), sql("SELECT 1/0"), sql("SELECT 3 AS three"))
    assert scene.states() == ["failed", "failed", "succeeded"]
    assert "no_such_function() does not exist" in scene.step(1)["outcome"]["error"]
    assert scene.step(1)["attempts"] == []
    assert scene.step(2)["outcome"]["error"] == "division by zero"
    assert scene.view["state"] == "succeeded"


def test_a_run_of_which_nothing_succeeded_has_failed(scene: Scene) -> None:
    assert scene.start(sql("SELECT nothing")).view["state"] == "failed"


def test_a_manual_step_waits_for_a_tick_with_a_note(scene: Scene) -> None:
    scene.start(step("manual"), sql("SELECT 1"))
    assert (scene.step()["state"], scene.step()["waits_for"]) == ("waiting", "input")
    scene.say(person.tick, step=1, note="asked the team")
    assert scene.states() == ["succeeded", "succeeded"]
    assert scene.step()["outcome"]["summary"] == "asked the team"


def test_a_checklist_wants_every_item(scene: Scene) -> None:
    scene.start(step("checklist", checklist=["API keys", "credentials"]))
    assert scene.say(person.tick, step=1, items=["1"])["left"] == ["credentials"]
    assert scene.states() == ["waiting"]
    scene.say(person.tick, step=1, items=["credentials"])
    assert scene.states() == ["succeeded"]


def test_a_decision_runs_its_action_on_yes_and_skips_on_no(scene: Scene) -> None:
    asked = step("decision", decision="if needed", action=action("sql", "SELECT 5 AS five"))
    scene.start(asked, asked)
    assert scene.step()["waits_for"] == "decision"
    scene.say(person.decide, step=1, choice="yes")
    assert scene.states() == ["succeeded", "waiting"]
    scene.say(person.decide, step=2, choice="no", reason="not needed")
    assert scene.states() == ["succeeded", "skipped"]


def test_of_alternatives_only_the_chosen_one_runs(scene: Scene) -> None:
    both = [action("sql", "SELECT 'first' AS which"), action("sql", "SELECT 'second' AS which")]
    scene.start(step("decision", alternatives=both))
    scene.say(person.decide, step=1, choice="2")
    assert scene.step()["outcome"]["summary"] == "which = second"


def test_an_expectation_that_is_not_met_opens_a_decision(scene: Scene) -> None:
    scene.start(sql("SELECT 1 UNION ALL SELECT 2", expect=["rows = 0"]), sql("SELECT 1"))
    assert (scene.step()["state"], scene.step()["waits_for"]) == ("waiting", "decision")
    assert scene.step()["outcome"]["expectation"] == ["rows = 0"]
    scene.say(person.decide, step=1, choice="continue")
    assert scene.states() == ["succeeded", "succeeded"]


def test_a_condition_that_does_not_hold_skips_the_step(scene: Scene) -> None:
    scene.start(
        sql("SELECT 1 AS n", key="look"), sql("SELECT 2", condition="look.n>5"), sql("SELECT 3", condition="look.n<5")
    )
    assert scene.states() == ["succeeded", "skipped", "succeeded"]


def test_nothing_starts_while_halted_and_goes_on_when_lifted(scene: Scene) -> None:
    with scene.store.transaction() as conn:
        halt.halt(conn, ADA, reason="wait")
    scene.start(sql("SELECT 1"))
    assert scene.states() == ["planned"]
    with scene.store.transaction() as conn:
        halt.lift(conn, ADA)
    scene.advance()
    assert scene.states() == ["succeeded"]


def test_cancelling_the_run_ends_it_with_every_open_step(scene: Scene) -> None:
    scene.start(step("manual"), sql("SELECT 1"))
    scene.say(person.cancel)
    assert (scene.view["state"], scene.states()) == ("cancelled", ["cancelled", "cancelled"])


def test_two_workers_do_not_work_on_one_run_at_once(scene: Scene) -> None:
    scene.start(step("manual"))
    with scene.store.transaction() as conn:
        conn.execute(
            "UPDATE run SET lease_by = 'other', lease_until = clock_timestamp() + interval '1 h' WHERE id = %s",
            [scene.run],
        )
    assert advance(scene.world, scene.run, "worker-1") is False


def test_the_ledger_tells_the_whole_story_and_its_seals_hold(scene: Scene) -> None:
    scene.start(sql("CREATE TABLE t (i int)", level="reversible"))
    scene.approve()
    assert scene.kinds() == [
        "run_started", "approval_wanted", "approved", "intent", "running", "step", "run_finished",
    ]  # fmt: skip


def test_only_what_the_chosen_alternative_needs_is_asked_for(scene: Scene) -> None:
    one, two = action("bash", "echo plain"), action("bash", 'echo "$BUILD_ID"')
    asked = {"name": "BUILD_ID", "kind": "placeholder", "token": "BUILD_ID"}
    scene.start(step("decision", alternatives=[{**one, "asks": []}, {**two, "asks": ["BUILD_ID"]}], parameters=[asked]))
    scene.say(person.decide, step=1, choice="1")
    assert scene.step()["waits_for"] == "approval"
