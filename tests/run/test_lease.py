"""One worker at a time works on a run, and a worker that slept can not write any more."""

from __future__ import annotations

import time

import pytest

from fireline.run import person
from fireline.run.lease import Lease, LeaseLost
from tests.run.scene import ADA, Scene, step


def take(scene: Scene, worker: str) -> Lease | None:
    return Lease.take(scene.store, scene.run, worker)


def test_a_second_worker_does_not_get_it(scene: Scene) -> None:
    scene.start(step("manual"))
    assert take(scene, "first") is not None
    assert take(scene, "second") is None


def test_when_it_has_run_out_the_next_gets_it_with_a_higher_fence(scene: Scene) -> None:
    scene.start(step("manual"))
    first = take(scene, "first")
    scene.steal_lease()
    second = take(scene, "second")
    assert first is not None
    assert second is not None
    assert second.fence == first.fence + 1


def test_the_first_can_not_write_after_that(scene: Scene) -> None:
    scene.start(step("manual"))
    first = take(scene, "first")
    scene.steal_lease()
    take(scene, "second")
    assert first is not None
    with pytest.raises(LeaseLost), first.transaction():
        pass


def test_it_hears_that_it_was_taken_over_and_stops_what_runs(scene: Scene) -> None:
    scene.start(step("manual"))
    first = take(scene, "first")
    assert first is not None
    stopped: list[str] = []
    with first, first.stopping(lambda: stopped.append("stop")):
        scene.steal_lease()
        assert take(scene, "second") is not None
        until = time.monotonic() + 10
        while not stopped and time.monotonic() < until:
            time.sleep(0.05)
    assert stopped == ["stop"]
    assert first.stop_reason == "another worker has taken this run over"
    assert not first.fresh


def test_it_hears_a_persons_wish_to_stop(scene: Scene) -> None:
    scene.start(step("manual"))
    held = take(scene, "first")
    assert held is not None
    with held:
        with scene.store.transaction() as conn:
            person.cancel(conn, ADA, run=scene.run)
        until = time.monotonic() + 10
        while held.stop_reason is None and time.monotonic() < until:
            time.sleep(0.05)
    assert held.stop_reason == "stopped by ada"


def test_what_is_asked_for_after_the_stop_is_stopped_at_once(scene: Scene) -> None:
    scene.start(step("manual"))
    held = take(scene, "first")
    assert held is not None
    held.stop_reason = "stopped"
    stopped: list[str] = []
    with held.stopping(lambda: stopped.append("stop")):
        assert stopped == ["stop"]
