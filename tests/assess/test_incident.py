"""The looks that go on by themselves, on a real store and a real patient."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fireline import clock
from fireline.assess import incident as assessment
from fireline.assess.turns import in_turn
from fireline.errors import NotFound
from fireline.incident import findings, timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.row import get
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Store
from tests import servers
from tests.assess.faults import Faults


@pytest.fixture
def world(store: Store, patient: Target) -> World:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE orders (id int PRIMARY KEY, n int)")
        conn.execute("INSERT INTO orders VALUES (7, 0)")
    return World(Settings(), store, {"main": patient}, dict)


@pytest.fixture
def trouble(patient: Target, world: World) -> Iterator[Faults]:
    with Faults(patient) as made:
        yield made


def _open(world: World, target: str | None = "main") -> int:
    with world.store.transaction() as conn:
        return transitions.open_incident(
            conn,
            title="Updates hang",
            severity="P1",
            severity_rank=1,
            severity_reason="said so",
            target=target,
            group_key=None,
            symptom="timeouts",
            declared_by=FIRELINE,
            detected_at=clock.now(),
            response=None,
        )


def _told(world: World, incident: int) -> list[tuple[str, dict[str, Any]]]:
    with world.store.transaction() as conn:
        return [(row["kind"], row["payload"]) for row in timeline.read(conn, incident)]


def _kinds(world: World, incident: int) -> list[str]:
    return [kind for kind, _ in _told(world, incident)]


def _row(world: World, incident: int) -> dict[str, Any]:
    with world.store.transaction() as conn:
        return dict(get(conn, incident))


def _newest(world: World, incident: int) -> dict[str, Any] | None:
    with world.store.transaction() as conn:
        found = findings.newest(conn, incident)
        return dict(found) if found else None


def _jobs(world: World, topic: str) -> list[str]:
    with world.store.transaction() as conn:
        rows = conn.execute(
            "SELECT args ->> 'key' AS key FROM jobs.procrastinate_jobs WHERE task_name = %s AND status = 'todo' ORDER BY id",
            [f"fireline.{topic}"],
        ).fetchall()
    return [row["key"] for row in rows]


def _clear_jobs(world: World) -> None:
    with world.store.transaction() as conn:
        conn.execute("DELETE FROM jobs.procrastinate_jobs")


def test_the_cause_is_kept_and_told_and_the_incident_moves_on(world: World, trouble: Faults) -> None:
    pid = trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    assessment.assess(world, incident)
    row = _row(world, incident)
    assert (row["status"], row["assessed_at"] is not None) == ("assessing", True)
    found = _newest(world, incident)
    assert found is not None
    assert (found["cause"], found["probe_state"], found["target"]) == ("idle_in_tx_row_lock", "red", "main")
    assert found["verdict"]["remedy"]["command"] == f"fireline resolve terminate-session {pid} --target main"
    kind, payload = _told(world, incident)[-1]
    assert (kind, payload["cause"]) == ("finding", "idle_in_tx_row_lock")


def test_errors_in_the_log_are_counted_before_and_since_the_start_told_once_and_kept(store: Store) -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:  # whose log nobody else writes
        patient = Target("main", Secret(cluster.url()))
        with Faults(patient) as trouble:
            _count_errors(World(Settings(), store, {"main": patient}, dict), trouble)


def _count_errors(world: World, trouble: Faults) -> None:
    trouble.owner.execute("CREATE TABLE orders (id int PRIMARY KEY, n int); INSERT INTO orders VALUES (7, 0)")

    def fail(times: int) -> None:
        for _ in range(times):
            with suppress(psycopg.Error):
                trouble.owner.execute("SELECT * FROM nowhere_of_the_log")

    fail(2)
    incident = _open(world)
    fail(3)
    assessment.assess(world, incident)
    (told,) = [payload for kind, payload in _told(world, incident) if kind == "logged"]
    (line,) = [one for one in told["kinds"] if "nowhere_of_the_log" in one]
    assert re.fullmatch(r'ERROR: relation "nowhere_of_the_log" does not exist: \d+ in the 15 min before, 3 since', line)
    trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    fail(1)
    assessment.assess(world, incident, fresh=True)
    found = _newest(world, incident)
    assert found is not None
    (kept,) = [one for one in found["verdict"]["log"]["kinds"] if "nowhere_of_the_log" in one["message"]]
    assert (kept["since"], kept["before"] >= 2, kept["code"]) == (4, True, "42P01")
    assert _kinds(world, incident).count("logged") == 1


def test_looking_twice_tells_the_same_cause_once(world: World, trouble: Faults) -> None:
    trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    assessment.assess(world, incident)
    assessment.assess(world, incident)
    assert _kinds(world, incident).count("finding") == 1


def test_nothing_found_is_told_once_and_looked_for_again(world: World) -> None:
    incident = _open(world)
    assessment.assess(world, incident)
    first = _row(world, incident)["assessed_at"]
    assessment.assess(world, incident)
    assert _kinds(world, incident).count("no_finding") == 1
    assert _row(world, incident)["assessed_at"] > first


def test_a_target_that_is_down_is_unknown_and_told_so(world: World) -> None:
    world.targets["main"] = Target("main", Secret("host=127.0.0.1 port=1"))
    incident = _open(world)
    assessment.assess(world, incident)
    kind, payload = _told(world, incident)[-1]
    assert kind == "no_finding"
    (told,) = payload["unknown"]
    assert told.startswith("target main does not answer: nothing listens at 127.0.0.1 port 1 (tried: ")
    assert _row(world, incident)["status"] == "assessing"


def test_a_target_that_is_not_configured_any_more_is_told_so(world: World) -> None:
    incident = _open(world, "gone")
    assessment.assess(world, incident)
    assert _told(world, incident)[-1][1]["unknown"] == ["no target 'gone'"]


def test_a_probe_turns_green_when_the_cause_is_gone(world: World, trouble: Faults) -> None:
    pid = trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    assessment.assess(world, incident)
    assessment.probe(world, incident)
    assert "probe" not in _kinds(world, incident)
    trouble.owner.execute("SELECT pg_terminate_backend(%s)", [pid])
    trouble.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", pid)
    trouble.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    assessment.probe(world, incident)
    found = _newest(world, incident)
    assert found is not None
    assert found["probe_state"] == "green"
    assert _told(world, incident)[-1] == ("probe", {"state": "green", "cause": "idle_in_tx_row_lock", "target": "main"})


def test_when_one_cause_is_gone_the_next_is_named(world: World, trouble: Faults) -> None:
    first = trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    assessment.assess(world, incident)
    second = trouble.idle("report", "SELECT count(*) FROM orders")
    trouble.waiting("migrate", "ALTER TABLE orders ADD COLUMN venue text")
    trouble.owner.execute("SELECT pg_terminate_backend(%s)", [first])
    trouble.until("SELECT FROM pg_stat_activity WHERE application_name = 'web' AND state = 'idle'")
    assessment.probe(world, incident)
    assert _kinds(world, incident)[-2:] == ["probe", "finding"]
    found = _newest(world, incident)
    assert found is not None
    assert (found["cause"], found["verdict"]["tree"][0]["pid"]) == ("ddl_queue_behind_idle_tx", second)


def test_a_probe_of_a_target_that_is_away_is_unknown(world: World, trouble: Faults) -> None:
    trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    assessment.assess(world, incident)
    world.targets["main"] = Target("main", Secret("host=127.0.0.1 port=1"))
    assessment.probe(world, incident)
    assert _told(world, incident)[-1] == (
        "probe",
        {"state": "unknown", "cause": "idle_in_tx_row_lock", "target": "main"},
    )


def test_who_finds_another_at_the_target_comes_back_in_a_moment(world: World, trouble: Faults) -> None:
    trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    _clear_jobs(world)

    def while_busy(duty: Callable[[World, int], None]) -> None:
        in_turn(world.targets["main"], lambda: duty(world, incident))

    while_busy(assessment.assess)
    assert (_jobs(world, "assess"), _newest(world, incident)) == ([str(incident)], None)
    assessment.assess(world, incident)
    while_busy(assessment.probe)
    assert _jobs(world, "probe") == [str(incident)]


def test_an_incident_that_has_ended_is_left_alone(world: World) -> None:
    incident = _open(world)
    with world.store.transaction() as conn:
        transitions.dismiss(conn, Actor("anna"), incident=str(incident), reason="a drill")
    before = _kinds(world, incident)
    assessment.assess(world, incident)
    assessment.probe(world, incident)
    assert _kinds(world, incident) == before
    with pytest.raises(NotFound):
        assessment.assess(world, 4711)


def test_the_sweep_finds_what_a_lost_wake_up_left(world: World) -> None:
    incident = _open(world)
    _clear_jobs(world)
    assessment.sweep(world)
    assert _jobs(world, "assess") == []  # the wake-up of the opening is surely under way
    with clock.moved(timedelta(seconds=6)):
        assessment.sweep(world)
        assessment.sweep(world)
    assert _jobs(world, "assess") == [str(incident)]


def test_the_sweep_looks_again_until_a_cause_is_named_and_less_often_with_time(world: World) -> None:
    incident = _open(world)
    assessment.assess(world, incident)
    _clear_jobs(world)
    for seconds, due in ((20, False), (31, True)):
        with clock.moved(timedelta(seconds=seconds)):
            assessment.sweep(world)
        assert bool(_jobs(world, "assess")) is due
    with clock.moved(timedelta(hours=2)):
        assessment.assess(world, incident)
        _clear_jobs(world)
    for minutes, due in ((4, False), (6, True)):
        with clock.moved(timedelta(hours=2, minutes=minutes)):
            assessment.sweep(world)
        assert bool(_jobs(world, "assess")) is due


def test_the_sweep_asks_a_red_probe_soon_and_a_green_one_seldom(world: World, trouble: Faults) -> None:
    pid = trouble.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    trouble.waiting("web", "UPDATE orders SET n = 2 WHERE id = 7")
    incident = _open(world)
    assessment.assess(world, incident)
    _clear_jobs(world)
    with clock.moved(timedelta(seconds=11)):
        assessment.sweep(world)
        assert (_jobs(world, "probe"), _jobs(world, "assess")) == ([str(incident)], [])
        trouble.owner.execute("SELECT pg_terminate_backend(%s)", [pid])
        trouble.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        trouble.until("SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", pid)
        assessment.probe(world, incident)
        _clear_jobs(world)
    with clock.moved(timedelta(seconds=30)):
        assessment.sweep(world)
        assert _jobs(world, "probe") == []
    with clock.moved(timedelta(seconds=60)):
        assessment.sweep(world)
        assert _jobs(world, "probe") == [str(incident)]


def test_a_grave_cause_proposes_the_severity_that_the_criteria_give_it_and_a_person_decides(world: World) -> None:
    incident = _open(world)
    grave = {"cause": "idle_in_tx_row_lock", "title": "The site is down.", "severity": "high", "explains": ["hangs"]}
    with world.store.transaction() as conn:
        assessment._propose_severity(conn, world, incident, grave)
        assessment._propose_severity(conn, world, incident, grave)
    proposed = [payload for kind, payload in _told(world, incident) if kind == "severity_proposed"]
    assert [one["severity"] for one in proposed] == ["P0"]
    assert proposed[0]["reason"].endswith("The site is down.")
    assert _row(world, incident)["severity"] == "P1"
