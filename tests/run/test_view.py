"""A run as people see it: what may be done with each step now, and what is offered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fireline.errors import NotFound
from fireline.run import person
from fireline.run.view import list_runs, offers, show
from fireline.store.chain import plain
from tests.run.scene import ADA, MARK, Scene, action, shell, sql, step


def test_a_run_is_json_with_its_steps_attempts_and_approvals(scene: Scene) -> None:
    scene.start(sql("SELECT 1 AS one"), shell("true"))
    view = json.loads(json.dumps(plain(scene.view)))
    assert [one["state"] for one in view["steps"]] == ["succeeded", "waiting"]
    assert view["steps"][0]["attempts"][0]["outcome"]["results"][0]["rows"] == [[1]]
    assert view["steps"][1]["approval"]["shown"]["command"] == "true"
    assert view["procedure"] == {"id": "test/procedure", "revision": "r1", "file": "runbook.md"}


def test_a_run_that_is_not_there_is_said_not_to_be(scene: Scene) -> None:
    with scene.store.transaction() as conn, pytest.raises(NotFound, match="no run 99"):
        show(conn, ADA, run=99)


def test_runs_are_listed_newest_first(scene: Scene) -> None:
    scene.start(sql("SELECT 1"))
    scene.start(sql("SELECT 2"))
    with scene.store.transaction() as conn:
        assert [one["run"] for one in list_runs(conn, ADA)] == [2, 1]


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        (shell("true"), ["approve", "reject", "skip", "replace"]),
        (step("manual"), ["tick", "skip", "replace"]),
        (step("decision", decision="if needed"), ["decide", "skip", "replace"]),
        (
            sql("SELECT :'n'", parameters=[{"name": "n", "kind": "variable", "token": ":'n'"}]),
            ["answer", "skip", "replace"],
        ),
    ],
)
def test_what_may_be_done_with_a_step_that_waits(scene: Scene, wanted: dict[str, Any], actions: list[str]) -> None:
    scene.start(wanted)
    assert scene.step()["actions"] == actions


def test_nothing_may_be_done_with_a_run_that_has_ended(scene: Scene) -> None:
    scene.start(step("manual"), sql("SELECT 1"))
    scene.say(person.tick, step=1)
    assert [one["actions"] for one in scene.view["steps"]] == [[], []]


def test_a_remedy_is_offered_for_a_manual_step_that_says_its_words(scene: Scene) -> None:
    scene.start(step("manual", title="Leave a mark on the target"), step("manual", title="Call somebody"))
    with scene.store.transaction() as conn:
        rows = conn.execute("SELECT * FROM step ORDER BY position").fetchall()
    assert [offers(row, [MARK], "main") for row in rows] == [
        [{"command": "fireline resolve mark --target main", "summary": "leave a mark"}],
        [],
    ]


def test_long_output_is_shown_by_its_beginning_and_its_end(scene: Scene) -> None:
    scene.start(shell("echo first; head -c 300000 /dev/zero | tr '\\0' x; echo; echo last"))
    scene.approve(level="reversible")
    output = scene.step()["attempts"][0]["output"]
    assert output.startswith("first\n")
    assert output.endswith("last\n")
    assert len(output) < 25_000


def test_alternatives_are_shown_before_one_is_chosen(scene: Scene) -> None:
    scene.start(step("decision", alternatives=[action("bash", "one"), action("bash", "two")]))
    assert [one["command"] for one in scene.step()["alternatives"]] == ["one", "two"]
    assert scene.step()["command"] == ""
