"""Fences fall by themselves: by a moved clock, once only, after a kill, after the target was away."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest

from fireline import clock, duties
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target, connect, database_of
from fireline.recovery.fence import falling, rows
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence.closing import closed, is_allowed
from fireline.redact import Secret
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Store
from tests.recovery.fence.shop import state_of
from tests.recovery.fence.test_fence import raised, standing

LATER = timedelta(minutes=31)


def jobs(store: Store) -> list[str]:
    with store.transaction() as conn:
        found = conn.execute(
            "SELECT args ->> 'key' AS key FROM procrastinate_jobs WHERE task_name = 'fireline.fence'"
        ).fetchall()
    return [row["key"] for row in found]


def an_incident(store: Store) -> None:
    with store.transaction() as conn:
        conn.execute(
            "INSERT INTO incident (title, severity, severity_rank, status, target, declared_by, detected_at, opened_at)"
            " VALUES ('it burns', 'P0', 0, 'detected', 'main', 'ada', now(), now())"
        )


def told(store: Store) -> list[str]:
    with store.transaction() as conn:
        found = conn.execute(
            "SELECT payload ->> 'event' AS event FROM timeline WHERE kind = 'fence' ORDER BY seq"
        ).fetchall()
    return [one["event"] for one in found]


def test_before_its_time_it_stands_and_afterwards_everything_is_as_it_was(store: Store, patient: Target) -> None:
    before = state_of(patient)
    fence = raised(store, patient, "closed")
    targets = {patient.name: patient}
    assert jobs(store) == [str(fence.id)], "a worker is woken at its deadline"
    assert falling.sweep(store, targets) == 0
    assert not falling.fall(store, targets, fence.id)
    with clock.moved(LATER):
        assert falling.sweep(store, {}) == 0, "another worker's target"
        assert falling.sweep(store, targets) == 1
        assert falling.fall(store, targets, fence.id)
    assert state_of(patient) == before
    with store.transaction() as conn:
        fallen = rows.by_id(conn, fence.id)
    assert fallen is not None
    assert (fallen.state, fallen.lifted_by) == ("lifted", "fireline")


def test_one_that_was_renewed_stands_on(store: Store, patient: Target) -> None:
    fence = raised(store, patient, "no-new")
    raised(store, patient, "no-new", expires_at=clock.now() + timedelta(hours=2))
    with clock.moved(LATER):
        assert not falling.fall(store, {patient.name: patient}, fence.id)
    fences.lift(store, patient, fence, "ada")


def test_of_several_workers_one_lets_it_fall(store: Store, patient: Target) -> None:
    an_incident(store)
    fence = raised(store, patient, "closed")
    with store.transaction() as conn:
        conn.execute("UPDATE fence SET expires_at = raised_at")
    threads = [threading.Thread(target=falling.fall, args=(store, {patient.name: patient}, fence.id)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert standing(store, patient) is None
    assert told(store) == ["raised", "fell"]


def test_a_target_that_is_away_is_tried_again(store: Store, patient: Target) -> None:
    before = state_of(patient)
    an_incident(store)
    fence = raised(store, patient, "drained")
    away = {patient.name: Target(patient.name, Secret("host=127.0.0.1 port=1 dbname=x user=x connect_timeout=1"))}
    with clock.moved(LATER):
        with pytest.raises(TargetUnavailable):
            falling.fall(store, away, fence.id)
        now = standing(store, patient)
        assert now is not None
        assert now.state == "stuck"
        assert now.error is not None
        assert falling.sweep(store, away) == 0, "not at once"
    with clock.moved(LATER + falling.AGAIN):
        assert falling.sweep(store, away) == 1
        with pytest.raises(TargetUnavailable):
            falling.fall(store, away, fence.id)
        assert falling.fall(store, {patient.name: patient}, fence.id)
    assert state_of(patient) == before
    assert told(store) == ["raised", "stuck", "fell"]


def test_a_swap_that_is_frozen_past_its_deadline_is_opened_under_its_hands(store: Store, patient: Target) -> None:
    name = database_of(patient)
    with closed(store, patient, name, seconds=20, by="ada", reason="a swap") as conn:
        with store.transaction() as own:
            fence = rows.standing(own, patient.name, passing=True)
        assert fence is not None
        assert not falling.fall(store, {patient.name: patient}, fence.id)
        assert is_allowed(conn, name) is False
        with clock.moved(timedelta(seconds=21)):
            assert falling.fall(store, {patient.name: patient}, fence.id)
        with connect(patient) as again:
            again.execute("SELECT 1")
    with store.transaction() as own:
        assert rows.standing(own, patient.name, passing=True) is None


def test_a_swap_under_a_fence_leaves_the_fence(store: Store, patient: Target) -> None:
    before = state_of(patient)
    fence = raised(store, patient, "drained")
    held = state_of(patient)
    with closed(store, patient, database_of(patient), seconds=20, by="ada", reason="a swap"):
        assert not falling.fall(store, {patient.name: patient}, fence.id)
    assert state_of(patient) == held
    fences.lift(store, patient, fence, "ada")
    assert state_of(patient) == before


def test_one_who_is_frozen_at_a_fence_does_not_keep_it_up(store: Store, patient: Target) -> None:
    before = state_of(patient)
    fence = raised(store, patient, "closed")
    targets = {patient.name: patient}
    with suppress(psycopg.Error), rows.held(store, patient.name):
        with clock.moved(timedelta(minutes=30, seconds=20)):
            assert not falling.fall(store, targets, fence.id), "somebody is at it"
        with clock.moved(timedelta(minutes=30) + falling.OVERDUE):
            assert not falling.fall(store, targets, fence.id), "his lock is broken"
            end = time.monotonic() + 20
            while not falling.fall(store, targets, fence.id):  # whose session is ended lets go a moment later
                assert time.monotonic() < end
                time.sleep(0.05)
    assert state_of(patient) == before


def test_the_duties_know_of_it(store: Store, patient: Target) -> None:
    fence = raised(store, patient, "drained")
    world = World(Settings(), store, {patient.name: patient})
    with clock.moved(LATER):
        duties.let_fences_fall(world)
        duties.topics()["fence"](world, str(fence.id))
    assert standing(store, patient) is None
