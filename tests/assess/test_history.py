"""The health of targets as it is kept: looked at when it is due, unknown when it does not answer, forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.assess import history
from fireline.assess.score import DIMENSIONS
from fireline.assess.turns import in_turn
from fireline.errors import NotFound
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.run.world import World
from fireline.settings import Policy, Settings
from fireline.store.connect import Store
from tests.assess.faults import Faults

ADA = Actor("ada", role="viewer")
DAY = timedelta(days=1)


@pytest.fixture
def world(store: Store, patient: Target) -> World:
    return World(Settings(), store, {"main": patient}, dict)


def shown(world: World, target: str = "main", hours: int = 24) -> dict[str, Any]:
    with world.store.transaction() as conn:
        return history.show_target(conn, ADA, world, target=target, hours=hours)


def listed(world: World) -> list[dict[str, Any]]:
    with world.store.transaction() as conn:
        return history.list_targets(conn, ADA, world)


def jobs(world: World) -> list[str]:
    with world.store.transaction() as conn:
        rows = conn.execute(
            "SELECT args ->> 'key' AS key FROM procrastinate_jobs WHERE task_name = 'fireline.health' ORDER BY id"
        ).fetchall()
        return [row["key"] for row in rows]


def test_a_target_that_was_never_looked_at_says_so(world: World) -> None:
    (one,) = listed(world)
    assert (one["target"], one["score"], one["taken_at"], one["incidents"]) == ("main", None, None, 0)
    assert shown(world)["look"] is None


def test_a_look_keeps_the_score_its_dimensions_and_everything_it_saw(world: World) -> None:
    history.look_after(world, "main")
    look = shown(world)["look"]
    assert look["score"] is not None
    assert set(look["dimensions"]) == set(DIMENSIONS)
    assert {"connections", "locks", "settings"} <= {view["check"] for view in look["report"]["views"]}
    assert look["report"]["diagnosis"]["score"]["score"] == look["score"]
    assert [point["score"] for point in shown(world)["history"]] == [look["score"]]
    assert listed(world)[0]["score"] == look["score"]


def test_a_fault_lowers_the_score_and_its_cause_is_kept(world: World, patient: Target) -> None:
    with Faults(patient) as faults:
        faults.owner.execute("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)")
        faults.idle("worker", "UPDATE orders SET id = 2")
        faults.waiting("web", "UPDATE orders SET id = 3")
        history.look_after(world, "main")
    (one,) = listed(world)
    assert one["causes"][0] == "idle_in_tx_row_lock"
    assert one["score"] <= 80
    assert one["title"].startswith("An idle transaction")


def test_one_that_does_not_answer_is_unknown_and_never_well(world: World) -> None:
    world.targets["main"] = Target("main", Secret("host=10.255.255.1 port=1 connect_timeout=1"))
    history.look_after(world, "main")
    look = shown(world)["look"]
    assert look["score"] is None or look["score"] < 50
    assert look["status"] in ("unknown", "critical")
    assert "away" in look["report"] or look["causes"]


def test_a_target_is_looked_at_when_it_is_due_and_not_before(world: World) -> None:
    history.sweep(world)
    assert jobs(world) == ["main"]
    history.look_after(world, "main")
    with world.store.transaction() as conn:
        conn.execute("DELETE FROM procrastinate_jobs")
    history.sweep(world)
    assert jobs(world) == []
    with clock.moved(timedelta(minutes=6)):
        history.sweep(world)
    assert jobs(world) == ["main"]


def test_it_is_never_looked_at_by_itself_when_the_policy_says_so(store: Store, patient: Target) -> None:
    world = World(Settings(policy=Policy(look_every=timedelta(0))), store, {"main": patient}, dict)
    history.sweep(world)
    assert jobs(world) == []


def test_who_finds_another_at_the_target_comes_back(world: World, patient: Target) -> None:
    in_turn(patient, lambda: history.look_after(world, "main"))
    assert shown(world)["look"] is None
    assert jobs(world) == ["main"]


def test_of_older_looks_only_the_figures_are_kept_and_in_the_end_not_even_those(world: World) -> None:
    with world.store.transaction() as conn:
        for days in range(40):
            conn.execute(
                "INSERT INTO health (target, taken_at, score, status, dimensions, coverage, causes, ms, report)"
                " VALUES ('main', %s, 90, 'healthy', '{}', 1, '{}', 5, '{}')",
                [clock.now() - (days + 0.9) * DAY],
            )
    history.look_after(world, "main")
    with world.store.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n, count(report) AS whole FROM health").fetchone()
    assert row is not None
    assert (row["n"], row["whole"]) == (36, history.WHOLE)


def test_the_curve_shows_the_worst_of_each_stretch(world: World) -> None:
    with world.store.transaction() as conn:
        for seconds, score in ((10, 80), (11, 20), (40_000, 99)):
            conn.execute(
                "INSERT INTO health (target, taken_at, score, status, dimensions, coverage, causes, ms)"
                " VALUES ('main', %s, %s, 'healthy', '{}', 1, '{}', 5)",
                [clock.now() - timedelta(seconds=seconds), score],
            )
    curve = shown(world, hours=24)["history"]
    assert [point["score"] for point in curve] == [99, 20]
    assert [point["score"] for point in shown(world, hours=1)["history"]] in ([20], [20, 80], [80, 20])


def test_a_look_can_be_asked_for_by_hand(world: World) -> None:
    with world.store.transaction() as conn:
        assert history.look_now(conn, ADA, world, target="main")["text"] == "main is being looked at."
        with pytest.raises(NotFound, match="no target 'other'"):
            history.look_now(conn, ADA, world, target="other")
    assert jobs(world) == ["main"]
