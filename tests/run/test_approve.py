"""An approval is a named person's yes to exactly this, for a limited time; anything else is a no."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from fireline import clock, redact
from fireline.errors import Halted, Refused
from fireline.incident.people import FIRELINE, Actor
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.run import approve, halt, person
from fireline.settings import Policy
from tests.run.scene import ADA, BEN, Scene, action, marks, shell, sql, step

CHANGE = sql("CREATE TABLE t (i int)", level="reversible")


def state_of(scene: Scene, position: int = 1) -> str:
    return str(scene.step(position)["approval"]["state"])


def alter(scene: Scene, statement: str, *values: Any) -> None:
    """Change a row behind the engine's back."""
    with scene.store.transaction() as conn:
        conn.execute(statement.encode(), list(values))


def test_what_is_shown_is_what_will_run_where_and_until_when(scene: Scene) -> None:
    asked = scene.start(CHANGE).step()["approval"]
    assert asked["shown"]["command"] == "CREATE TABLE t (i int)"
    assert asked["shown"]["target"] == "main"
    assert asked["requested_by"] == "fireline"
    assert asked["expires_at"] - asked["asked_at"] == timedelta(minutes=15)


def test_a_second_yes_by_the_same_person_is_calm_and_changes_nothing(scene: Scene) -> None:
    scene.start(CHANGE)
    scene.approve()
    assert "already" in scene.approve()["note"]
    assert len(scene.step()["attempts"]) == 1


def test_the_same_person_through_another_door_is_the_same_person(scene: Scene) -> None:
    scene.start(CHANGE)
    scene.approve(actor=replace(ADA, door="page"))
    assert "already" in scene.approve(actor=replace(ADA, door="api"))["note"]


def test_a_second_yes_by_somebody_else_is_refused_by_name(scene: Scene) -> None:
    scene.start(CHANGE)
    scene.approve()
    with pytest.raises(Refused, match="ada has approved this already"):
        scene.approve(actor=BEN)


def test_a_yes_that_comes_late_is_refused(scene: Scene) -> None:
    scene.start(CHANGE)
    with clock.moved(timedelta(minutes=16)), pytest.raises(Refused, match="expired"):
        scene.approve()
    assert scene.states() == ["waiting"]


def test_a_yes_that_no_worker_used_in_time_is_asked_for_again(scene: Scene) -> None:
    scene.start(CHANGE)
    with scene.store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1)
    with clock.moved(timedelta(minutes=16)):
        scene.advance()
        assert (scene.states(), state_of(scene)) == (["waiting"], "asked")
    assert "approval_void" in scene.kinds()


def test_the_sweep_marks_what_expired(scene: Scene) -> None:
    scene.start(CHANGE)
    with clock.moved(timedelta(minutes=16)), scene.store.transaction() as conn:
        assert approve.expire(conn) == [scene.run]
    assert state_of(scene) == "expired"
    scene.say(person.retry, step=1)
    assert state_of(scene) == "asked"


def test_an_expired_approval_of_the_runbooks_own_length(scene: Scene) -> None:
    asked = scene.start({**CHANGE, "expires": "2m"}).step()["approval"]
    assert asked["expires_at"] - asked["asked_at"] == timedelta(minutes=2)


def test_a_hash_that_was_read_must_be_the_hash_that_runs(scene: Scene) -> None:
    scene.start(CHANGE)
    with pytest.raises(Refused, match="content has changed"):
        scene.approve(hash="0" * 64)
    scene.approve(hash=scene.step()["approval"]["content_hash"])
    assert scene.states() == ["succeeded"]


@pytest.mark.parametrize(
    ("part", "statement", "value"),
    [
        ("command", "UPDATE step SET content = jsonb_set(content, '{action,command}', %s)", Jsonb("DROP TABLE users")),
        ("parameters", "UPDATE step SET parameters = %s", Jsonb({"who": "somebody else"})),
        ("plan", "UPDATE step SET plan = jsonb_set(plan, '{server,system_identifier}', %s)", Jsonb("1")),
        ("runbook revision", "UPDATE procedure_text SET revision = %s", "another"),
        ("target", "UPDATE run SET target = %s", "other"),
    ],
)
def test_content_changed_in_any_hashed_part_voids_the_question(
    scene: Scene, part: str, statement: str, value: Any
) -> None:
    scene.start(CHANGE)
    alter(scene, statement, value)
    with pytest.raises(Refused, match="content has changed"):
        scene.approve()
    assert marks(scene.target) == [], part


@pytest.mark.parametrize("when", ["before the yes", "after the yes"])
def test_a_target_that_means_another_database_voids_the_question(scene: Scene, when: str) -> None:
    other = Target("main", Secret(scene.target.dsn.reveal().rpartition("/")[0] + "/postgres"))
    scene.start(CHANGE)
    if when == "before the yes":
        scene.on_another_target(other)
        with pytest.raises(Refused, match="content has changed"):
            scene.approve()
        return
    with scene.store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1)
    scene.on_another_target(other)
    scene.advance()
    assert scene.step()["attempts"] == []
    assert "approval_void" in scene.kinds()


def test_content_changed_after_the_yes_is_not_run(scene: Scene) -> None:
    scene.start(shell("echo safe"))
    with scene.store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1, level="reversible")
    alter(scene, "UPDATE step SET content = jsonb_set(content, '{action,command}', '\"echo other\"')")
    scene.advance()
    assert scene.step()["attempts"] == []
    assert state_of(scene) == "asked"


def test_a_replaced_command_needs_a_yes_of_its_own(scene: Scene) -> None:
    scene.start(CHANGE)
    scene.say(person.replace, step=1, content=step("bash", action=action("bash", "echo other")), reason="better")
    assert state_of(scene) == "asked"
    assert scene.step()["approval"]["requested_by"] == "ada"
    assert scene.step()["approval"]["shown"]["command"] == "echo other"


def test_a_level_that_is_not_known_must_be_named(scene: Scene) -> None:
    scene.start(shell("./mend.sh"))
    with pytest.raises(Refused, match="you must name its level"):
        scene.approve()
    with pytest.raises(Refused, match="proved, never declared"):
        scene.approve(level="read")


def test_a_known_destructive_verb_can_not_be_lowered(scene: Scene) -> None:
    scene.start(shell("dropdb app"), sql("DELETE FROM t", level="reversible"))
    assert scene.step()["level"] == "destructive"
    with pytest.raises(Refused, match="can not be lowered"):
        scene.approve(level="reversible")


def test_a_destructive_step_without_a_verified_backup_is_refused(scene: Scene) -> None:
    scene.start(shell("dropdb --if-exists nothing"))
    with pytest.raises(Refused, match="needs a verified backup"):
        scene.approve()


def test_a_backup_that_is_young_enough_opens_the_gate(scene: Scene) -> None:
    scene.world.verified_backup = lambda conn, target: clock.now() - timedelta(hours=1)
    scene.start(shell("rm -rf nothing"))
    scene.approve()
    assert scene.states() == ["succeeded"]


def test_a_backup_that_became_too_old_closes_it_again_at_the_last_moment(scene: Scene) -> None:
    scene.world.verified_backup = lambda conn, target: clock.now() - timedelta(hours=1)
    scene.start(shell("rm -rf nothing"))
    with scene.store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1)
    scene.world.verified_backup = lambda conn, target: clock.now() - timedelta(hours=30)
    scene.advance()
    assert scene.step()["attempts"] == []


def test_breaking_the_glass_needs_a_reason_and_runs_it_loudly(scene: Scene) -> None:
    scene.start(shell("rm -rf nothing"))
    with pytest.raises(Refused, match="needs a reason"):
        scene.approve(break_glass=True)
    scene.approve(break_glass=True, reason="the disk is full and users are out")
    assert scene.states() == ["succeeded"]
    assert scene.step()["approval"]["break_glass"] is True
    assert scene.step()["approval"]["reason"] == "the disk is full and users are out"


def test_who_asked_for_a_destructive_step_can_not_approve_it_in_a_team(scene: Scene) -> None:
    scene.team("ada", "ben")
    scene.world.verified_backup = lambda conn, target: clock.now()
    scene.start(shell("rm -rf nothing"), by=ADA)
    for door in ("cli", "page", "api"):
        with pytest.raises(Refused, match="somebody else must approve"):
            scene.approve(actor=replace(ADA, door=door))
    scene.approve(actor=BEN)
    assert scene.states() == ["succeeded"]


def test_a_team_of_one_may_approve_its_own(scene: Scene) -> None:
    scene.team("ada")
    scene.world.verified_backup = lambda conn, target: clock.now()
    scene.start(shell("rm -rf nothing"), by=ADA)
    scene.approve(actor=ADA)
    assert scene.states() == ["succeeded"]


def test_a_reversible_step_may_be_approved_by_who_asked(scene: Scene) -> None:
    scene.team("ada", "ben")
    scene.start(CHANGE, by=ADA)
    scene.approve(actor=ADA)
    assert scene.states() == ["succeeded"]


@pytest.mark.parametrize("actor", [FIRELINE, Actor("alertmanager", kind="source", role="admin", door="api")])
def test_only_a_person_can_say_yes(scene: Scene, actor: Actor) -> None:
    scene.start(CHANGE)
    with pytest.raises(Refused, match="only a person"):
        scene.approve(actor=actor)


def test_no_yes_counts_while_halted(scene: Scene) -> None:
    scene.start(CHANGE)
    with scene.store.transaction() as conn:
        halt.halt(conn, BEN, reason="looking")
    with pytest.raises(Halted, match="halted by ben: looking"):
        scene.approve()


def test_a_no_ends_the_step_and_a_person_decides_what_instead(scene: Scene) -> None:
    scene.start(CHANGE)
    scene.say(approve.reject, step=1, reason="not now")
    assert (scene.states(), state_of(scene)) == (["cancelled"], "rejected")
    assert scene.step()["actions"] == ["retry", "skip", "replace"]
    with pytest.raises(Refused, match="rejected"):
        scene.approve()


def test_secrets_in_a_command_are_not_shown_to_the_approver(scene: Scene) -> None:
    redact.register("hunter2-hunter2")
    asked = scene.start(shell("curl -H hunter2-hunter2 https://x")).step()["approval"]
    assert "hunter2" not in str(asked["shown"])


def test_policy_sets_how_long_a_question_stands(scene: Scene) -> None:
    scene.with_settings(policy=Policy(approval_expires=timedelta(minutes=3)))
    asked = scene.start(CHANGE).step()["approval"]
    assert asked["expires_at"] - asked["asked_at"] == timedelta(minutes=3)
