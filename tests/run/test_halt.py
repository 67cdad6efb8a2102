"""The kill switch."""

from __future__ import annotations

import threading
import time

import pytest

from fireline.errors import Refused
from fireline.run import approve, halt
from fireline.run.advance import advance
from tests.run.scene import ADA, BEN, Scene, sql


def test_it_says_who_and_why_and_since_when(scene: Scene) -> None:
    with scene.store.transaction() as conn:
        assert halt.show(conn, ADA) == {"halted": False}
        halt.halt(conn, ADA, reason="wrong database")
        shown = halt.show(conn, BEN)
    assert (shown["by"], shown["reason"]) == ("ada", "wrong database")


def test_halting_twice_is_calm(scene: Scene) -> None:
    with scene.store.transaction() as conn:
        halt.halt(conn, ADA, reason="first")
        assert halt.halt(conn, BEN, reason="second")["by"] == "ada"


def test_lifting_what_is_not_halted_is_refused(scene: Scene) -> None:
    with scene.store.transaction() as conn, pytest.raises(Refused, match="nothing is halted"):
        halt.lift(conn, ADA)


def test_on_request_what_runs_is_ended_too(scene: Scene) -> None:
    scene.start(sql("SELECT pg_sleep(60)", level="reversible"))
    with scene.store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1)
    worker = threading.Thread(target=advance, args=(scene.world, scene.run, "worker-1"))
    worker.start()
    until = time.monotonic() + 10
    while scene.step()["state"] != "running" and time.monotonic() < until:
        time.sleep(0.05)
    with scene.store.transaction() as conn:
        halt.halt(conn, BEN, reason="stop all", running=True)
    worker.join(timeout=10)
    assert scene.step()["state"] == "cancelled"
    assert scene.step()["attempts"][0]["outcome"]["summary"] == "halted by ben"
