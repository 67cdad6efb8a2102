"""kill -9 of the process that raises or lifts a fence, at each thing it writes down: lifted from the row by another."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.store.connect import Store
from tests.recovery.fence.dying import DONE
from tests.recovery.fence.shop import gets_in, state_of
from tests.recovery.fence.test_fence import raised, say, standing

ROOT = Path(__file__).parents[3]
# Of `closed` there are three steps, each marked before and after, and the end.
MARKS = 7


def die(store_url: str, target: Target, level: str, number: int, what: str, when: str) -> int:
    told = ["tests.recovery.fence.dying", store_url, target.dsn.reveal(), level, str(number), what, when]
    return subprocess.run([sys.executable, "-m", *told], cwd=ROOT, check=False).returncode


@pytest.mark.chaos
@pytest.mark.parametrize("number", range(1, MARKS + 1))
def test_killed_while_it_raises(store: Store, store_url: str, patient: Target, number: int) -> None:
    say(patient, f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT 9')
    before = state_of(patient)
    when = "before" if number % 2 else "after"
    assert die(store_url, patient, "closed", number, "raise", when) == -signal.SIGKILL
    left = standing(store, patient)
    assert left is not None
    assert left.state in ("raising", "up")
    assert fences.lift(store, patient, left, "bob").state == "lifted"
    assert state_of(patient) == before
    assert gets_in(patient.dsn.reveal())


@pytest.mark.chaos
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_killed_while_it_lifts(store: Store, store_url: str, patient: Target, number: int) -> None:
    before = state_of(patient)
    fence = raised(store, patient, "closed")
    assert die(store_url, patient, "closed", number, "lift", "before") == -signal.SIGKILL
    assert fences.lift(store, patient, fence, "bob").state == "lifted"
    assert state_of(patient) == before


@pytest.mark.chaos
def test_killed_while_it_raises_and_raised_again_by_another(store: Store, store_url: str, patient: Target) -> None:
    before = state_of(patient)
    assert die(store_url, patient, "closed", 4, "raise", "before") == -signal.SIGKILL
    fence = raised(store, patient, "drained")
    assert fence.state == "up"
    fences.lift(store, patient, fence, "bob")
    assert state_of(patient) == before
    assert die(store_url, patient, "closed", MARKS + 1, "raise", "before") == DONE, (
        "there are more steps than we kill at"
    )
    last = standing(store, patient)
    assert last is not None
    fences.lift(store, patient, last, "bob")
