"""SQL of a step: values bound, one transaction, a limit of time, and a person's stop."""

from __future__ import annotations

import threading
import time

from fireline.postgres.connect import connect
from fireline.run import person
from fireline.run.advance import advance
from tests.run.scene import ADA, Scene, sql


def test_an_approved_change_runs_once_and_the_run_ends(scene: Scene) -> None:
    scene.start(sql("CREATE TABLE t (i int); INSERT INTO t VALUES (1)", level="reversible"))
    scene.approve()
    scene.advance().advance("worker-2")
    assert scene.states() == ["succeeded"]
    assert scene.view["state"] == "succeeded"
    with connect(scene.target) as conn:
        assert conn.execute("SELECT count(*) AS n FROM t").fetchone() == {"n": 1}
    attempt = scene.step()["attempts"][0]
    assert (attempt["state"], attempt["number"]) == ("succeeded", 1)


def test_a_change_that_fails_stops_the_run_and_leaves_nothing(scene: Scene) -> None:
    scene.start(sql("CREATE TABLE t (i int); SELECT 1/0", level="reversible"), sql("SELECT 1"))
    scene.approve()
    assert scene.states() == ["failed", "planned"]
    assert scene.step()["actions"] == ["retry", "skip", "replace"]
    with connect(scene.target) as conn:
        assert conn.execute("SELECT to_regclass('t') AS t").fetchone() == {"t": None}


def test_parameters_are_asked_for_and_bound_as_values(scene: Scene) -> None:
    wanted = {"name": "who", "kind": "variable", "token": ":'who'", "type": "text"}
    scene.start(sql("SELECT :'who' AS who", parameters=[wanted]))
    assert scene.step()["actions"][0] == "answer"
    scene.say(person.answer, step=1, answers={"who": "x'; DROP TABLE users; --"})
    assert scene.step()["outcome"]["summary"] == "who = x'; DROP TABLE users; --"


def test_an_identifier_and_a_value_of_one_statement_both_arrive(scene: Scene) -> None:
    with connect(scene.target, write=True, autocommit=True) as conn:
        conn.execute('CREATE TABLE "odd name" (n int)')
        conn.execute('INSERT INTO "odd name" VALUES (4), (5)')
    wanted = [
        {"name": "place", "kind": "variable", "token": ':"place"', "type": "identifier"},
        {"name": "n", "kind": "variable", "token": ":n", "type": "number"},
    ]
    scene.start(sql('SELECT count(*) AS found FROM :"place" WHERE n = :n', parameters=wanted))
    scene.say(person.answer, step=1, answers={"place": "odd name", "n": "5"})
    assert scene.step()["outcome"]["summary"] == "found = 1"


def test_a_running_step_can_be_stopped_by_a_person(scene: Scene) -> None:
    scene.start(sql("SELECT pg_sleep(60)", level="reversible"))
    with scene.store.transaction() as conn:
        from fireline.run.approve import approve

        approve(conn, ADA, scene.world, run=scene.run, step=1)
    worker = threading.Thread(target=advance, args=(scene.world, scene.run, "worker-1"))
    worker.start()
    until = time.monotonic() + 10
    while scene.step()["state"] != "running" and time.monotonic() < until:
        time.sleep(0.05)
    with scene.store.transaction() as conn:
        person.cancel(conn, ADA, run=scene.run, step=1)
    worker.join(timeout=10)
    assert scene.states() == ["cancelled"]
    assert scene.step()["attempts"][0]["outcome"]["summary"] == "stopped by ada"


def test_a_statement_past_its_time_limit_is_ended_and_named_so(scene: Scene) -> None:
    scene.start(sql("SELECT pg_sleep(60)", level="reversible", timeout="200ms"))
    scene.approve()
    assert scene.step()["state"] == "timed_out"
