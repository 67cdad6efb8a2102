"""A command of a step: its level is named first, its values are variables, its time is limited."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from fireline.run import person
from tests.run.scene import Scene, shell


def test_a_bash_step_runs_after_its_level_was_named(scene: Scene) -> None:
    scene.start(shell("echo hello"))
    assert scene.step()["level"] is None
    scene.approve(level="reversible")
    assert scene.states() == ["succeeded"]
    assert scene.step()["attempts"][0]["output"] == "hello\n"


def test_a_command_past_its_time_limit_is_ended_and_named_so(scene: Scene) -> None:
    scene.start(shell("sleep 60", timeout="300ms"))
    scene.approve(level="reversible")
    assert scene.step()["state"] == "timed_out"
    assert scene.step()["outcome"]["error"] == "took longer than 0.3 s"


def test_a_command_that_fails_tells_its_last_line_and_its_exit(scene: Scene) -> None:
    scene.start(shell("echo begun; echo 'no such build' >&2; exit 3"))
    scene.approve(level="reversible")
    outcome = scene.step()["outcome"]
    assert (outcome["exit"], outcome["summary"], outcome["error"]) == (3, "exit 3", "no such build")


def test_a_parameter_reaches_the_command_as_a_variable_never_as_text(scene: Scene) -> None:
    asked = {"name": "WHO", "kind": "variable", "token": "$WHO"}
    scene.start(shell('echo "hello $WHO"', parameters=[asked]))
    scene.say(person.answer, step=1, answers={"WHO": "$(id); rm -rf /"})
    scene.approve(level="reversible")
    assert scene.step()["outcome"]["summary"] == "hello $(id); rm -rf /"


def test_fireline_itself_is_found_and_means_this_installation(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "fireline.toml"
    world = replace(scene.world, settings=scene.world.settings.model_copy(update={"origin": file}))
    scene.world = world
    scene.start(shell('command -v fireline; echo "$FIRELINE_CONFIG"'))
    scene.approve(level="reversible")
    found, config = scene.step()["attempts"][0]["output"].split()
    assert Path(found) == Path(sys.executable).parent / "fireline"
    assert config == str(file)
