"""What was changed, newest first, and the way back of what really ran."""

from __future__ import annotations

import pytest

from fireline.errors import NotFound, Refused
from fireline.postgres.connect import connect
from fireline.run import undo
from tests.run.scene import ADA, Scene, action, marks, shell, sql, step

REMEDY = step(
    "remedy", action=action("bash", "fireline resolve mark red"), lines=[["fireline", "resolve", "mark", "red"]]
)
SETTING = sql(
    "ALTER ROLE CURRENT_USER SET work_mem = '5MB'",
    level="reversible",
    undo=action("sql", "ALTER ROLE CURRENT_USER RESET work_mem"),
)


def ask(scene: Scene, position: int | None = None) -> list[dict[str, object]]:
    answer: list[dict[str, object]] = scene.say(
        lambda conn, who, **more: undo.request(conn, who, scene.world, **more), step=position
    )
    return answer


def changes(scene: Scene) -> list[dict[str, object]]:
    with scene.store.transaction() as conn:
        return undo.changes(conn, ADA)


def test_reads_are_no_changes(scene: Scene) -> None:
    scene.start(sql("SELECT 1"))
    assert changes(scene) == []
    with pytest.raises(NotFound, match="nothing was changed"):
        ask(scene)


def test_changes_stand_newest_first_with_who_approved_them(scene: Scene) -> None:
    scene.start(sql("CREATE TABLE t (i int)", title="first", level="reversible"), {**REMEDY, "title": "second"})
    scene.approve(1)
    scene.approve(2)
    found = changes(scene)
    assert [one["title"] for one in found] == ["second", "first"]
    assert [one["undo"] for one in found] == [True, False]
    assert {one["by"] for one in found} == {"ada"}


def test_a_remedys_undo_asks_first_and_then_puts_back_what_was_captured(scene: Scene) -> None:
    scene.start(REMEDY)
    scene.approve()
    ask(scene)
    assert marks(scene.target) == ["red"]
    assert scene.step()["actions"] == ["approve", "reject"]
    scene.approve()
    assert marks(scene.target) == []
    assert changes(scene)[0]["undone"] is True
    with pytest.raises(Refused, match="nothing that can be undone"):
        ask(scene)


def test_the_runbooks_own_undo_is_run(scene: Scene) -> None:
    scene.start(SETTING)
    scene.approve()
    ask(scene, 1)
    scene.approve()
    with connect(scene.target) as conn:
        row = conn.execute("SELECT rolconfig FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == {"rolconfig": None}


def test_an_undo_is_built_from_the_state_captured_before(scene: Scene) -> None:
    with connect(scene.target, write=True, autocommit=True) as conn:
        conn.execute("CREATE TABLE limits (name text, most int)")
        conn.execute("INSERT INTO limits VALUES ('jobs', 7)")
    scene.start(
        sql(
            "UPDATE limits SET most = 1",
            before=action("sql", "SELECT most AS former FROM limits"),
            undo=action("sql", "UPDATE limits SET most = (:'former')::int"),
        )
    )
    scene.world.verified_backup = lambda conn, target: scene.step()["approval"]["asked_at"]
    scene.approve()
    ask(scene, 1)
    scene.approve()
    with connect(scene.target) as conn:
        assert conn.execute("SELECT most FROM limits").fetchone() == {"most": 7}


def test_what_has_no_way_back_says_so(scene: Scene) -> None:
    scene.start(shell("true", undo_text="none"))
    scene.approve(level="reversible")
    with pytest.raises(Refused, match="nothing that can be undone"):
        ask(scene)


def test_what_never_ran_is_not_offered(scene: Scene) -> None:
    scene.start(REMEDY)
    with pytest.raises(NotFound, match="nothing was changed"):
        ask(scene)


def test_an_undo_runs_also_after_the_run_has_ended(scene: Scene) -> None:
    scene.start(REMEDY)
    scene.approve()
    assert scene.view["state"] == "succeeded"
    ask(scene)
    scene.approve()
    assert scene.view["state"] == "succeeded"
    assert "undone" in scene.kinds()
