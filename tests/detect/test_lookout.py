from __future__ import annotations

import threading

import pytest

from fireline.detect import lookout
from fireline.detect.lookout import Lookout
from fireline.store.connect import Store


def test_a_store_that_was_away_is_found_again_and_told_of_once(store: Store) -> None:
    back = threading.Event()
    watching = Lookout(store.url, lambda: None, back.set)
    watching.start()
    watching.lost()
    seen = [watching.away]
    assert back.wait(20)
    assert [*seen, watching.away] == [True, False]
    watching.close()


def test_one_that_stays_away_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "KNOCK_SECONDS", 0.01)
    back = threading.Event()
    watching = Lookout("host=127.0.0.1 port=1 dbname=nothing", lambda: None, back.set)
    watching.start()
    watching.lost()
    assert not back.wait(0.3)
    assert watching.away
    watching.close()


def test_a_write_that_takes_too_long_is_cut_and_one_that_ended_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(lookout, "HANGS_SECONDS", 0.1)
    cut = threading.Event()
    watching = Lookout("host=127.0.0.1 port=1 dbname=nothing", cut.set, lambda: None)
    watching.start()
    watching.busy()
    watching.free()
    assert not cut.wait(0.3)
    watching.busy()
    assert cut.wait(20)
    watching.close()
