"""One look at a target at a time, shared for a moment."""

from __future__ import annotations

import threading
import time

import pytest

from fireline.assess import turns
from fireline.assess.turns import Busy, in_turn, shared_look
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret


def test_a_snapshot_serves_for_a_moment_unless_a_fresh_one_is_wanted(
    patient: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shared_look(patient)
    assert shared_look(patient) is first
    second = shared_look(patient, fresh=True)
    assert second is not first
    assert shared_look(patient) is second
    monkeypatch.setattr(turns, "FRESH_SECONDS", 0.0)
    assert shared_look(patient) is not second


def test_who_finds_another_at_the_target_is_told_so(patient: Target) -> None:
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        inside.set()
        leave.wait(10)

    other = threading.Thread(target=in_turn, args=(patient, stay))
    other.start()
    inside.wait(10)
    with pytest.raises(Busy):
        shared_look(patient)
    leave.set()
    other.join()
    assert in_turn(patient, lambda: 7) == 7


def test_a_target_that_is_away_is_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Target("main", Secret("host=127.0.0.1 port=1 dbname=not-tried-again"))
    seen = shared_look(away)
    assert seen.away is not None
    assert shared_look(away).taken_at == seen.taken_at
    asked: list[int] = []
    with pytest.raises(TargetUnavailable):
        in_turn(away, lambda: asked.append(1))
    assert asked == []
    monkeypatch.setattr(turns, "AWAY_SECONDS", 0.0)
    in_turn(away, lambda: asked.append(1))
    assert asked == [1]


def test_many_incidents_at_once_are_few_looks(patient: Target) -> None:
    began = time.monotonic()
    found = {id(shared_look(patient)) for _ in range(50)}
    assert len(found) <= 2
    assert time.monotonic() - began < 5
