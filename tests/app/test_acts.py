"""What needs more than one room: procedures started, remedies called by hand, steps replaced."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.app import acts
from fireline.errors import NotFound, Refused, Usage
from fireline.postgres.connect import Target
from fireline.settings import RunbookSettings
from fireline.store.connect import Store
from tests.run.scene import ADA, Scene, marks, sql, step
from tests.run.test_respond import REFERENCE


@pytest.fixture
def scene(store: Store, patient: Target, tmp_path: Any) -> Scene:
    return Scene(store, patient, tmp_path).with_settings(runbook=RunbookSettings(files=[REFERENCE], folder=tmp_path))


def call(scene: Scene, operation: Any, **words: Any) -> Any:
    with scene.store.transaction() as conn:
        return operation(conn, ADA, world=scene.world, **words)


def test_a_procedure_is_started_by_its_title_whatever_the_case(scene: Scene) -> None:
    started = call(scene, acts.start, procedure="data corruption")
    assert started["target"] == "main"


def test_a_target_that_is_not_there_is_said_before_anything_starts(scene: Scene) -> None:
    with pytest.raises(NotFound, match="no target 'other'"):
        call(scene, acts.start, procedure="Data Corruption", target="other")


def test_a_remedy_called_by_hand_has_the_same_plan_approval_and_undo(scene: Scene) -> None:
    called = call(scene, acts.run_remedy, phase="resolve", remedy="mark", target="main", arguments={"mark": "by hand"})
    assert called["command"] == "fireline resolve mark 'by hand' --target main"
    scene.run = called["run"]
    scene.advance()
    assert scene.step()["plan"]["summary"] == "write by hand"
    scene.approve()
    assert marks(scene.target) == ["by hand"]


def test_only_the_plan_changes_nothing(scene: Scene) -> None:
    plan = call(scene, acts.plan_remedy, phase="resolve", remedy="mark", arguments={"mark": "x"})
    assert plan["summary"] == "write x"
    assert marks(scene.target) == []


def test_a_remedy_that_is_not_there_names_those_that_are(scene: Scene) -> None:
    with pytest.raises(NotFound) as missing:
        call(scene, acts.run_remedy, phase="resolve", remedy="miracle")
    assert missing.value.hint == "There are: resolve mark."


def test_a_wrong_argument_is_said_before_anything_starts(scene: Scene) -> None:
    with pytest.raises(Usage, match="resolve mark: colour"):
        call(scene, acts.run_remedy, phase="resolve", remedy="mark", arguments={"colour": "red"})


def test_a_step_is_replaced_by_sql_bash_or_a_remedy(scene: Scene) -> None:
    scene.start(sql("SELECT nothing"), step("manual"))
    for command, kind in [("SELECT 1 AS one", "sql"), ("ls -l", "bash"), ("fireline resolve mark there", "remedy")]:
        assert call(scene, acts.replace, run=scene.run, step=2, command=command)["kind"] == kind


def test_an_unknown_fireline_line_or_nothing_at_all_is_no_replacement(scene: Scene) -> None:
    scene.start(step("manual"))
    with pytest.raises(Usage, match="is empty"):
        call(scene, acts.replace, run=scene.run, step=1, command="  ")
    with pytest.raises(Refused, match="is not a remedy"):
        call(scene, acts.replace, run=scene.run, step=1, command="fireline resolve miracle")


def test_lists_are_plain_data(scene: Scene) -> None:
    assert call(scene, acts.list_remedies)[0]["usage"].startswith("Use: fireline resolve mark MARK")
    assert call(scene, acts.list_runbooks)[0]["severities"] == ["P0", "P1", "P2", "P3"]
    assert len(call(scene, acts.list_procedures)) == 10


def test_a_remedy_is_told_lists_numbers_and_fields_left_empty(scene: Scene, patient: Target) -> None:
    from fireline.resolve.remedies.optimize import remedy

    scene.world.shelves = lambda: {"resolve optimize": remedy}
    told = {"only": ["analyze", "vacuum"], "tables": "orders, visits", "skip": [], "sequences": True, "limit": ""}
    called = call(scene, acts.run_remedy, phase="resolve", remedy="optimize", target="main", arguments=told)
    assert called["command"] == (
        "fireline resolve optimize --target main --only=analyze --only=vacuum '--tables=orders, visits' --sequences=True"
    )
    scene.run = called["run"]
    scene.advance()
    assert scene.view["state"] == "succeeded"
    assert scene.step()["outcome"]["summary"].startswith("Nothing wants doing on main now.")
    assert scene.step()["level"] == "read"
    plan = call(scene, acts.plan_remedy, phase="resolve", remedy="optimize", arguments={"tables": ["a"], "limit": ""})
    assert plan["captured"]["limit"] == 600
